#pragma once
// The daemon's journal: into the record, and to whoever watches.

#include "sim/stage.hpp"
#include "townd/port/journal.hpp"

namespace townd::sim {

class sim_journal final : public journal_port {
public:
    explicit sim_journal(stage& on) : stage_(on) {}

    void attempt_started(const town_id& town, const dispatch& what) override;
    void attempt_ended(const town_id& town, const dispatch& what, duration took) override;
    void session_failed(const town_id& town, const dispatch& what) override;
    void breaker_changed(const town_id& town, std::string_view key, std::string_view scope,
                         std::string_view role, std::string_view from, std::string_view to,
                         std::string_view cause) override;
    void tick_done(const town_id& town, duration took, int actions, int started) override;
    void action_applied(std::string_view type) override;
    void storage_failed(const town_id& town, std::string_view op, const failure& why) override;
    void outage_changed(const outage_event& what) override;
    void starts_suppressed(const town_id& town, std::string_view role, std::string_view reason,
                           int count) override;
    void note(const town_id& town, std::string_view event, std::string_view text) override;
    void warn(const town_id& town, std::string_view event, std::string_view text) override;

private:
    stage& stage_;
};

}  // namespace townd::sim
