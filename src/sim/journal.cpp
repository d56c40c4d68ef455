#include "sim/journal.hpp"

#include "sim/fleet_judge.hpp"

namespace townd::sim {
namespace {

std::uint64_t sum_of(std::string_view text) {
    std::uint64_t out = 14695981039346656037ULL;
    for (const char c : text)
        out = (out ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
    return out;
}

}  // namespace

void sim_journal::attempt_started(const town_id& town, const dispatch& what) {
    stage_.record(50, sum_of(town), sum_of(what.id));
    stage_.line([&] { return town + " attempt " + what.id + " by " + what.agent_name; });
    if (stage_.options.watch != nullptr)
        stage_.options.watch->attempt_started(stage_.now(), town_number(town), what);
}

void sim_journal::attempt_ended(const town_id& town, const dispatch& what, duration took) {
    stage_.record(51, sum_of(town), static_cast<std::uint64_t>(what.outcome));
    stage_.line([&] {
        return town + " attempt " + what.id + ": " + std::string{to_text(what.outcome)} +
               (what.error ? ", " + what.error->message() : "");
    });
    if (stage_.options.watch != nullptr)
        stage_.options.watch->attempt_ended(stage_.now(), town_number(town), what, took);
}

void sim_journal::session_failed(const town_id& town, const dispatch& what) {
    stage_.record(52, sum_of(town), sum_of(what.id));
    stage_.line([&] {
        return town + " session failed " + what.id +
               (what.error ? ": " + what.error->message() : "");
    });
    if (stage_.options.watch != nullptr)
        stage_.options.watch->session_failed(stage_.now(), town_number(town), what);
}

void sim_journal::breaker_changed(const town_id& town, std::string_view key, std::string_view scope,
                                  std::string_view role, std::string_view from, std::string_view to,
                                  std::string_view cause) {
    stage_.record(53, sum_of(town), sum_of(key) ^ sum_of(to));
    stage_.line([&] {
        return town + " breaker " + std::string{key} + " " + std::string{from} + " -> " +
               std::string{to} + " " + std::string{cause};
    });
    if (stage_.fleet != nullptr)
        stage_.fleet->breaker_changed(stage_.now(), static_cast<std::uint32_t>(town_number(town)),
                                      key, scope, role, to);
    if (stage_.options.watch != nullptr)
        stage_.options.watch->breaker_changed(stage_.now(), town_number(town), key, scope, role,
                                              from, to, cause);
}

void sim_journal::tick_done(const town_id& town, duration, int actions, int started) {
    if (actions == 0) return;
    stage_.record(54, static_cast<std::uint64_t>(actions), static_cast<std::uint64_t>(started));
    stage_.line([&] { return town + " tick: " + std::to_string(actions) + " actions"; });
}

void sim_journal::action_applied(std::string_view type) {
    stage_.line([&] { return "  " + std::string{type}; });
}

void sim_journal::storage_failed(const town_id& town, std::string_view op, const failure& why) {
    stage_.record(55, sum_of(town));
    stage_.line([&] { return town + " storage: " + std::string{op} + ": " + why.what; });
}

void sim_journal::outage_changed(const outage_event& what) {
    stage_.record(57, sum_of(what.outage), static_cast<std::uint64_t>(what.what));
    ++stage_.counts.outage_events;
    stage_.line([&] {
        return "outage " + what.outage + " " + std::string{to_text(what.what)} + ", " +
               std::to_string(what.members) + " members: " + what.cause;
    });
    if (stage_.fleet != nullptr) {
        if (what.what == outage_event::kind::opened)
            stage_.fleet->outage_opened(stage_.now(), what.outage, what.role,
                                        static_cast<int>(what.at) + 1);
        if (what.what == outage_event::kind::closed)
            stage_.fleet->outage_closed(stage_.now(), what.outage);
    }
    if (stage_.options.watch != nullptr) stage_.options.watch->outage_changed(stage_.now(), what);
}

void sim_journal::starts_suppressed(const town_id& town, std::string_view role, std::string_view,
                                    int count) {
    if (stage_.options.watch != nullptr)
        stage_.options.watch->starts_suppressed(stage_.now(), town_number(town), role, count);
}

void sim_journal::note(const town_id& town, std::string_view event, std::string_view text) {
    stage_.line([&] { return town + " " + std::string{event} + ": " + std::string{text}; });
    if (stage_.options.watch != nullptr)
        stage_.options.watch->told(stage_.now(), town_number(town), false, event, text);
}

void sim_journal::warn(const town_id& town, std::string_view event, std::string_view text) {
    stage_.record(56, sum_of(town), sum_of(event));
    stage_.line([&] { return town + " " + std::string{event} + ": " + std::string{text}; });
    if (stage_.options.watch != nullptr)
        stage_.options.watch->told(stage_.now(), town_number(town), true, event, text);
    // Bugs that the core caught in time are bugs all the same.
    if (event == "action_failed" || event == "cycle_failed")
        stage_.broke("internal", town, std::string{event} + ": " + std::string{text});
}

}  // namespace townd::sim
