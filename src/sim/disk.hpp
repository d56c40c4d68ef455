#pragma once
// The towns' files: what survives the daemon.

#include <cstdint>
#include <memory>
#include <vector>

#include "model/memory_town_store.hpp"
#include "sim/stage.hpp"

namespace townd::sim {

class disk {
public:
    /// Makes all towns' files with their rigs.
    explicit disk(stage& on);

    [[nodiscard]] result<std::unique_ptr<store::town_store>> open(std::uint32_t town);
    /// The next commits of the town fail, as on a full disk.
    void fail_commits(std::uint32_t town, int count);
    /// Of the file at hand, unless the daemon is to believe that it was durable.
    void power_loss();
    void heal();

private:
    stage& stage_;
    std::vector<std::shared_ptr<model::memory_town_file>> files_;
};

[[nodiscard]] rig_id rig_name(std::uint32_t town, int rig);

}  // namespace townd::sim
