#pragma once
// What people and programs ask of the towns: work, convoys, letters; and what they meddle with.
// Who gets no answer, or no good one, asks again.

#include <cstdint>
#include <string>
#include <vector>

#include "sim/api.hpp"
#include "sim/oracle.hpp"
#include "sim/stage.hpp"
#include "town/convoys.hpp"

namespace townd::sim {

class people {
public:
    people(stage& on, town_api& api, oracle& judge) : stage_(on), api_(api), judge_(judge) {}

    /// Everything that a town is to get.
    void plan(std::uint32_t town);
    void happen(const happening& what);
    /// Changes the fleet as people do: `what` says how.
    void change_rigs(std::uint32_t town, fleet_change::kind what);
    /// They meddle no more.
    void heal();
    /// What was planned and is not acknowledged yet.
    [[nodiscard]] std::uint64_t waiting() const noexcept { return waiting_; }

private:
    struct request;
    using asked = std::shared_ptr<request>;

    [[nodiscard]] asked ask(const happening& what);
    void make_bead(const happening& what);
    [[nodiscard]] town::new_convoy draw_convoy(const happening& what);
    void make_convoy(const happening& what);
    void start_convoy(const happening& what);
    void send_letter(const happening& what);
    void meddle(std::uint32_t town);

    stage& stage_;
    town_api& api_;
    oracle& judge_;
    std::vector<bead_id> staged_;  ///< Convoys.
    std::vector<int> rigs_added_;  ///< By town.
    std::uint64_t waiting_ = 0;
    bool over_ = false;
};

}  // namespace townd::sim
