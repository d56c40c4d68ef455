#pragma once
// A bulkhead: the pages share the town threads with ticks, and must not fill their queues.

#include <map>
#include <memory>
#include <mutex>

#include "townd/words/town.hpp"

namespace townd::debug {

inline constexpr int reads_per_town_max = 2;
inline constexpr int reads_max = 32;

/// Counts reads of towns that are under way.
class read_slots : public std::enable_shared_from_this<read_slots> {
public:
    /// Held until the read was answered, or dropped.
    class slot {
    public:
        slot(std::shared_ptr<read_slots> from, town_id town);
        ~slot();
        slot(const slot&) = delete;
        slot& operator=(const slot&) = delete;

    private:
        const std::shared_ptr<read_slots> from_;
        const town_id town_;
    };

    /// Null when the town, or all towns together, have as many as they may. Any thread.
    [[nodiscard]] std::shared_ptr<slot> take(const town_id& town);

private:
    void give_back(const town_id& town);

    std::mutex mutex_;
    std::map<town_id, int> busy_;
    int all_ = 0;
};

}  // namespace townd::debug
