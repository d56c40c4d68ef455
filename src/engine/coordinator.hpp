#pragma once
// The fleet's coordinator: the pure policy of decide/retry_desk.hpp with a mailbox, a place to be
// kept, and messages to towns.
//
// It lives on the thread of the daemon's records. What a restart must not forget is with the towns,
// which say where they stand when they are opened; kept here is only which outages were told of.

#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "engine/environment.hpp"
#include "engine/fleet_records.hpp"

namespace townd::engine {

class coordinator final : public coordinator_port {
public:
    /// All must outlive it; `records` must not run yet.
    coordinator(environment& env, fleet_records& records);

    void tell(fleet_news news) override;
    [[nodiscard]] fleet_advice advice_for(const town_id& town, agent_role role) const override;
    [[nodiscard]] std::shared_ptr<const outage_board> board() const override;
    /// The budget and who shares it. Any thread.
    [[nodiscard]] desk_figures figures() const;

private:
    // On the records' thread.
    void load(store::fleet_store& in);
    void turn(const result<store::fleet_store*>& in);
    [[nodiscard]] bool save(store::fleet_store& in, const std::set<std::string>& ids);
    void deliver(std::vector<fleet_message> messages, const std::vector<outage_event>& events);

    environment& env_;
    fleet_records& records_;
    mutable std::mutex mutex_;  ///< Of what follows.
    retry_desk desk_;
    desk_figures figures_;
    std::vector<fleet_news> mail_;
    bool turn_asked_ = false;
    std::shared_ptr<const outage_board> board_ = std::make_shared<const outage_board>();

    std::map<std::string, std::string> kept_;  ///< As stored, by key. Of the records' thread.
    std::set<std::string> unsaved_;            ///< Outages. Of the records' thread.
    std::optional<std::vector<retry_budget::entry>> unsaved_spent_;
    bool loaded_ = false;
};

}  // namespace townd::engine
