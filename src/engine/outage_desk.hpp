#pragma once
// The fleet's outage coordinator: the pure policy of decide/outage.hpp with a mailbox, a place to
// be kept, and messages to towns.
//
// It lives on the thread of the daemon's records: what is decided is durable before a town hears of
// it, so that a restart in the middle of an outage adds no start.

#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "engine/environment.hpp"
#include "engine/fleet_records.hpp"

namespace townd::engine {

class outage_desk final : public outage_port {
public:
    /// All must outlive it; `records` must not run yet.
    outage_desk(environment& env, fleet_records& records);

    void tell(outage_news news) override;
    [[nodiscard]] std::vector<outage_advice> advice_for(const town_id& town) const override;
    [[nodiscard]] std::shared_ptr<const outage_board> board() const override;

private:
    // On the records' thread.
    void load(store::fleet_store& in);
    void turn(const result<store::fleet_store*>& in);
    [[nodiscard]] bool save(store::fleet_store& in, const std::set<std::string>& ids);
    void deliver(std::vector<outage_message> messages, const std::vector<outage_event>& events);

    environment& env_;
    fleet_records& records_;
    mutable std::mutex mutex_;  ///< Of what follows.
    outage_watch watch_;
    std::vector<outage_news> mail_;
    bool turn_asked_ = false;
    std::shared_ptr<const outage_board> board_ = std::make_shared<const outage_board>();

    std::map<std::string, std::string> kept_;  ///< As stored, by key. Of the records' thread.
    std::set<std::string> unsaved_;            ///< Outages. Of the records' thread.
    bool loaded_ = false;
};

}  // namespace townd::engine
