#pragma once
// The fleet's outage coordinator in virtual time: the same pure policy as the daemon's, with a
// mailbox, a file that survives the daemon, and messages to towns.

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "engine/environment.hpp"
#include "sim/stage.hpp"

namespace townd::sim {

/// What the daemon keeps of outages and of its budget over its own end.
struct outage_file {
    std::map<std::string, saved_outage> outages;
    std::vector<retry_budget::entry> spent;
};

class coordinator final : public engine::coordinator_port {
public:
    using deliver = std::function<void(fleet_message)>;
    /// `life` marks its events; those of another coordinator are not for it.
    coordinator(stage& on, outage_file& file, std::uint64_t life, journal_port& journal,
                deliver to_town);
    ~coordinator() override;  ///< Leaves to the file what the last turn decided.
    coordinator(const coordinator&) = delete;
    coordinator& operator=(const coordinator&) = delete;

    void tell(fleet_news news) override;
    [[nodiscard]] fleet_advice advice_for(const town_id& town, agent_role role) const override;
    [[nodiscard]] std::shared_ptr<const outage_board> board() const override { return board_; }
    [[nodiscard]] std::vector<outage_summary> summaries() const { return desk_.summaries(); }

    /// What came in, and what time makes due.
    void turn(const happening& what);
    /// The process stands still.
    void put_off(const happening& what);

private:
    void turn_at(instant when);

    stage& stage_;
    outage_file& file_;
    const std::uint64_t life_;
    journal_port& journal_;
    deliver to_town_;
    retry_desk desk_;
    std::set<std::string> unsaved_;  ///< Outages.
    std::vector<fleet_news> mail_;
    instant turn_at_ = never;
    std::shared_ptr<const outage_board> board_ = std::make_shared<const outage_board>();
};

}  // namespace townd::sim
