#pragma once
// Tells two journals the same, one after the other: what one of them counts, the other may show.

#include "townd/port/journal.hpp"

namespace townd::engine {

/// Both must outlive it.
class journal_pair final : public journal_port {
public:
    journal_pair(journal_port& first, journal_port& second) : first_(first), second_(second) {}

    void attempt_started(const town_id& town, const dispatch& what) override {
        first_.attempt_started(town, what);
        second_.attempt_started(town, what);
    }
    void attempt_ended(const town_id& town, const dispatch& what, duration took) override {
        first_.attempt_ended(town, what, took);
        second_.attempt_ended(town, what, took);
    }
    void session_failed(const town_id& town, const dispatch& what) override {
        first_.session_failed(town, what);
        second_.session_failed(town, what);
    }
    void breaker_changed(const town_id& town, std::string_view key, std::string_view scope,
                         std::string_view role, std::string_view from, std::string_view to,
                         std::string_view cause) override {
        first_.breaker_changed(town, key, scope, role, from, to, cause);
        second_.breaker_changed(town, key, scope, role, from, to, cause);
    }
    void outage_changed(const outage_event& what) override {
        first_.outage_changed(what);
        second_.outage_changed(what);
    }
    void starts_suppressed(const town_id& town, std::string_view role, std::string_view reason,
                           int count) override {
        first_.starts_suppressed(town, role, reason, count);
        second_.starts_suppressed(town, role, reason, count);
    }
    void tick_done(const town_id& town, duration took, int actions, int started) override {
        first_.tick_done(town, took, actions, started);
        second_.tick_done(town, took, actions, started);
    }
    void action_applied(std::string_view type) override {
        first_.action_applied(type);
        second_.action_applied(type);
    }
    void storage_failed(const town_id& town, std::string_view op, const failure& why) override {
        first_.storage_failed(town, op, why);
        second_.storage_failed(town, op, why);
    }
    void note(const town_id& town, std::string_view event, std::string_view text) override {
        first_.note(town, event, text);
        second_.note(town, event, text);
    }
    void warn(const town_id& town, std::string_view event, std::string_view text) override {
        first_.warn(town, event, text);
        second_.warn(town, event, text);
    }

private:
    journal_port& first_;
    journal_port& second_;
};

}  // namespace townd::engine
