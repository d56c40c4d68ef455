#include "sys/journal.hpp"

#include <array>
#include <utility>

#include "sys/event_words.hpp"

namespace townd::sys {
namespace {

constexpr std::size_t flying_max = 20'000;  // Twice the most that max_in_flight allows.
constexpr int note_burst = 20;
constexpr int failure_burst = 1;
constexpr std::size_t text_bytes_max = 2048;

// Out of memory, a line or count is lost; the work that it is about goes on.
template <class Action>
void quietly(const Action& action) noexcept {
    try {
        action();
    } catch (...) {
        return;
    }
}

std::vector<log_field> fields_of(const town_id& town, const dispatch& what) {
    std::vector<log_field> out{{"town", town},
                               {"role", std::string{to_text(what.role)}},
                               {"agent", what.agent_name},
                               {"bead", what.bead},
                               {"dispatch", what.id},
                               {"trace_id", trace_id_of(what.id)},
                               {"attempt", std::to_string(what.attempt)}};
    if (what.rig) out.push_back({"rig", *what.rig});
    if (!what.error) return out;
    out.push_back({"error_code", std::string{to_text(what.error->code())}});
    out.push_back({"error_phase", std::string{to_text(what.error->phase())}});
    out.push_back({"fingerprint", what.error->fingerprint(to_text(what.role))});
    if (!what.error->endpoint.empty()) out.push_back({"endpoint", what.error->endpoint});
    return out;
}

// The word for the role of a container's breaker, which serves all.
std::string_view role_of(std::string_view role) noexcept {
    return role.empty() ? "all" : role;
}

log_level level_of(std::string_view from, std::string_view to) noexcept {
    const auto is_probing = [](std::string_view s) { return s == "open" || s == "half_open"; };
    if (is_probing(from) && is_probing(to)) return log_level::debug;
    return to == "open" ? log_level::warn : log_level::info;
}

}  // namespace

journal::journal(const clock_port& clock, metrics& counts, line_sink sink)
    : clock_{clock}, counts_{counts}, sink_{std::move(sink)} {}

journal::~journal() {
    flush(true);
}

void journal::attempt_started(const town_id& town, const dispatch& what) {
    quietly([&] {
        set_in_flight(what, true);
        write(log_level::debug, "attempt_started", sentence("starting", what),
              fields_of(town, what));
    });
}

void journal::attempt_ended(const town_id& town, const dispatch& what, duration took) {
    quietly([&] {
        const std::string_view role = to_text(what.role);
        set_in_flight(what, false);
        counts_.attempt_ended(role, to_text(what.outcome), took);
        for (const admission& each : what.admissions)
            if (each.probe != 0) {  // One start, whatever it probes.
                counts_.probe_ended(role, to_text(what.outcome));
                break;
            }
        if (what.outcome == attempt_outcome::failure) {
            tell_failure("attempt_failed", town, what);
        } else if (what.outcome == attempt_outcome::unknown) {
            auto fields = fields_of(town, what);
            write_held_back(log_level::warn, "attempt_unknown", town,
                            sentence("no answer whether it started:", what), fields, failure_burst,
                            "unknown " + std::string{role});
        } else {
            auto fields = fields_of(town, what);
            fields.push_back({"took", to_words(took)});
            const bool success = what.outcome == attempt_outcome::success;
            if (success) counts_.start_succeeded(role, clock_.now());
            write(log_level::debug, success ? "attempt_succeeded" : "attempt_neutral",
                  sentence(success ? "started" : "not started, nobody's fault:", what), fields);
        }
    });
}

void journal::session_failed(const town_id& town, const dispatch& what) {
    quietly([&] { tell_failure("session_failed", town, what); });
}

void journal::tell_failure(std::string_view event, const town_id& town, const dispatch& what) {
    const std::string_view role = to_text(what.role);
    // A failure without an error is a bug elsewhere; it is counted as what it is, never left out.
    if (!what.error) counts_.invariant_broken("failure_without_error");
    counts_.dispatch_failed(role, what.error ? what.error->code() : error_code::unknown,
                            what.error ? what.error->phase() : error_phase::prepare);
    const std::string key =
        std::string{event} + " " + (what.error ? what.error->fingerprint(role) : std::string{role});
    const bool start = event == "attempt_failed";
    write_held_back(log_level::warn, event, town,
                    sentence(start ? "failed to start" : "lost a running", what),
                    fields_of(town, what), failure_burst, key);
}

void journal::breaker_changed(const town_id& town, std::string_view key, std::string_view scope,
                              std::string_view role, std::string_view from, std::string_view to,
                              std::string_view cause) {
    quietly([&] {
        counts_.breaker_changed(role_of(role), from, to);
        std::string text = scope == key
                               ? std::string{scope} + " breaker: "
                               : std::string{scope} + " breaker " + std::string{key} + ": ";
        text += std::string{from} + " -> " + std::string{to};
        if (!cause.empty()) text += ", because of " + std::string{cause};
        const std::array fields{log_field{"town", town},
                                log_field{"breaker", std::string{key}},
                                log_field{"scope", std::string{scope}},
                                log_field{"role", std::string{role_of(role)}},
                                log_field{"from", std::string{from}},
                                log_field{"to", std::string{to}}};
        write(level_of(from, to), "breaker_changed", text, fields);
    });
}

void journal::outage_changed(const outage_event& what) {
    quietly([&] {
        const std::string role{to_text(what.role)};
        counts_.outage_changed(role, to_text(what.what));
        const std::array fields{log_field{"outage", what.outage}, log_field{"role", role},
                                log_field{"change", std::string{to_text(what.what)}},
                                log_field{"towns", std::to_string(what.members)},
                                log_field{"fingerprint", what.fingerprint}};
        write(what.what == outage_event::kind::opened ? log_level::warn : log_level::info,
              "outage_changed", sentence(what), fields);
    });
}

void journal::starts_suppressed(const town_id& /*town*/, std::string_view role,
                                std::string_view reason, int count) {
    counts_.starts_suppressed(role, reason, count);
}

void journal::tick_done(const town_id& town, duration took, int actions, int started) {
    quietly([&] {
        counts_.tick_done(took, clock_.now());
        if (actions > 0) {
            const std::array fields{log_field{"town", town},
                                    log_field{"actions", std::to_string(actions)},
                                    log_field{"started", std::to_string(started)}};
            write(log_level::debug, "tick_done", "tick took " + to_words(took), fields);
        } else {
            flush();
        }
    });
}

void journal::action_applied(std::string_view type) {
    counts_.action_applied(type);
}

void journal::storage_failed(const town_id& town, std::string_view op, const failure& why) {
    quietly([&] {
        counts_.storage_failed(op, why.kind);
        const std::array fields{log_field{"town", town}, log_field{"op", std::string{op}},
                                log_field{"error_code", std::string{to_text(why.kind)}}};
        // One full disk fails every town: the kind groups them, but no town is left unnamed long,
        // for it has a reason of its own on the pages.
        write_held_back(log_level::error, "storage_failed", town,
                        "storage failed to " + std::string{op} + ": " + why.what, fields,
                        note_burst,
                        "storage " + std::string{op} + " " + std::string{to_text(why.kind)});
    });
}

void journal::note(const town_id& town, std::string_view event, std::string_view text) {
    quietly([&] {
        const std::array fields{log_field{"town", town}};
        const std::span<const log_field> all{fields};
        write_held_back(log_level::info, event, town, text, town.empty() ? all.first(0) : all,
                        note_burst, "note " + std::string{event});
    });
}

void journal::warn(const town_id& town, std::string_view event, std::string_view text) {
    // Bugs that the core caught in time are bugs all the same.
    if (event == "action_failed" || event == "cycle_failed" || event == "reply_failed")
        counts_.invariant_broken(event);
    quietly([&] {
        const std::array fields{log_field{"town", town}};
        const std::span<const log_field> all{fields};
        write_held_back(log_level::warn, event, town, text, town.empty() ? all.first(0) : all,
                        note_burst, "warn " + std::string{event});
    });
}

void journal::flush(bool everything) noexcept {
    quietly([&] {
        std::vector<storm_summary> due;
        {
            const std::lock_guard lock{mutex_};
            if (!everything && storm_.next_due() == never) return;
            due = storm_.take_due(clock_.now(), everything);
        }
        for (const storm_summary& each : due) {
            const std::string towns =
                (each.more_towns ? "at least " : "") + std::to_string(each.towns);
            const std::array fields{log_field{"kind", each.key},
                                    log_field{"count", std::to_string(each.count)},
                                    log_field{"towns", std::to_string(each.towns)}};
            sink_(log_level::warn, "repeated",
                  std::to_string(each.count) + " more in " + towns +
                      (each.towns == 1 && !each.more_towns ? " town within " : " towns within ") +
                      to_words(each.over) + ", the newest: " + each.sample,
                  fields);
        }
    });
}

void journal::write(log_level level, std::string_view event, std::string_view text,
                    std::span<const log_field> fields) {
    sink_(level, event, clean_text(text, text_bytes_max), fields);
    flush();
}

void journal::write_held_back(log_level level, std::string_view event, std::string_view town,
                              std::string_view text, std::span<const log_field> fields, int burst,
                              std::string_view key) {
    const std::string cleaned = clean_text(text, text_bytes_max);
    bool at_once = false;
    {
        const std::lock_guard lock{mutex_};
        at_once = storm_.admit(key, town, cleaned, burst, clock_.now());
    }
    if (at_once) sink_(level, event, cleaned, fields);
    flush();
}

// Attempts that an earlier process began end here without having begun: only what is known to fly
// is counted down, so that the gauge cannot go below zero.
void journal::set_in_flight(const dispatch& what, bool flying) {
    const auto role = static_cast<std::size_t>(what.role);
    const std::lock_guard lock{mutex_};
    if (flying) {
        if (flying_.size() >= flying_max || !flying_.insert(what.id).second) return;
        ++flying_by_role_[role];
    } else {
        if (flying_.erase(what.id) == 0) return;
        --flying_by_role_[role];
    }
    counts_.set_in_flight(to_text(what.role), flying_by_role_[role]);
}

}  // namespace townd::sys
