#include "ctl/waiting.hpp"

#include <algorithm>

#include "config/config.hpp"
#include "ctl/interrupt.hpp"
#include "ctl/output.hpp"
#include "ctl/progress.hpp"
#include "townd/words/exit_codes.hpp"

namespace townd::ctl {
namespace {

constexpr duration between_looks{500};

// What holds the whole town back by an order; nothing when none does.
outcome<std::string> held_by(session& of, const std::string& town) {
    const auto got = of.get("/debug/v1/overrides");
    if (!got) return got.error();
    for (const auto& each : got->value["items"]) {
        const bool whole = cell(each, "rig") == "-" && cell(each, "role") == "-";
        const bool here = cell(each, "scope") == "daemon" || cell(each, "town") == town;
        const auto kind = cell(each, "kind");
        if (whole && here && (kind == "pause" || kind == "drain"))
            return "a " + kind + " by " + cell(each, "by") +
                   " is in force: " + cell(each, "reason");
    }
    return std::string{};
}

outcome<bool> is_dispatching(session& of, const std::string& town, std::string& seen) {
    const auto got = of.get("/debug/v1/towns?limit=1000&q=" + escaped(town));
    if (!got) return got.error();
    for (const auto& each : got->value["items"]) {
        if (cell(each, "town") != town) continue;
        const auto state = cell(each, "state");
        seen = "the town is " + state;
        if (const auto why = cell(each, "problem"); why != "-") seen += ": " + why;
        if (state != "dispatching" && state != "idle") return false;
        const auto held = held_by(of, town);
        if (!held) return held.error();
        if (!held->empty()) seen = *held;
        return held->empty();
    }
    return trouble{exit_not_found, "town " + town + " is gone", {}};
}

outcome<bool> is_closed(session& of, const std::string& town, std::string& seen) {
    const auto got = of.get("/debug/v1/breakers?limit=1000&town=" + escaped(town));
    if (!got) return got.error();
    std::size_t open = 0;
    for (const auto& each : got->value["items"]) {
        const auto state = cell(each, "state");
        if (state == "closed" || state == "forced_closed") continue;
        if (open++ == 0) seen = cell(each, "key") + " is " + state + ": " + cell(each, "cause");
    }
    if (open > 1) seen += " (and " + std::to_string(open - 1) + " more)";
    return open == 0;
}

// Whether `order` covers the town: it is for it, or for all.
bool is_for(const json& order, const order_target& to) {
    const auto same = [&](const char* field, const std::string& wanted) {
        const auto named = cell(order, field);
        return named == (wanted.empty() ? "-" : wanted);
    };
    if (to.all) return cell(order, "scope") == "daemon";
    return same("town", to.town) && same("rig", to.rig) && same("role", to.role);
}

outcome<bool> has_effect(session& of, const std::string& verb, const order_target& to,
                         std::string& seen) {
    const auto got = of.get("/debug/v1/overrides");
    if (!got) return got.error();
    const bool ends = verb == "resume" || verb == "undrain";
    const std::string kind = verb == "resume" || verb == "pause" ? "pause" : "drain";
    for (const auto& each : got->value["items"]) {
        if (cell(each, "kind") != kind || !is_for(each, to)) continue;
        seen = cell(each, "agents_running") + " agents run, " + cell(each, "starts_in_flight") +
               " starts are in flight";
        if (ends) return false;
        if (kind == "drain") return member(each, "drained") == true;
        return member(each, "starts_in_flight") == 0;
    }
    if (ends) return true;
    return trouble{exit_precondition, "the " + kind + " ended before it had its effect", {}};
}

outcome<bool> is_drained(session& of, const std::string& town, std::string& seen) {
    const auto got = of.get("/debug/v1/overrides");
    if (!got) return got.error();
    seen = "no drain is in force for the town (townctl drain " + town + ")";
    for (const auto& each : got->value["items"]) {
        if (cell(each, "kind") != "drain") continue;
        const bool whole = cell(each, "rig") == "-" && cell(each, "role") == "-";
        if (!whole || (cell(each, "scope") != "daemon" && cell(each, "town") != town)) continue;
        if (member(each, "drained") == true) return true;
        seen = cell(each, "agents_running") + " agents run, " + cell(each, "starts_in_flight") +
               " starts are in flight";
    }
    return false;
}

}  // namespace

int wait_until(session& of, const std::string& timeout, const std::string& what,
               const std::function<outcome<bool>(std::string& seen)>& holds) {
    const auto span = config::parse_duration(timeout);
    if (!span.value) return complain("--timeout: " + span.problem, exit_usage);
    note_interrupts();
    progress told;
    std::string seen;
    for (;;) {
        const auto now = holds(seen);
        if (interrupted()) return exit_interrupted;
        if (!now) return of.fail(now.error());
        if (*now) return exit_ok;
        if (told.since_begin() >= *span.value) break;
        told.tell("waiting until " + what + ": " + seen);
        pause_for(std::min(between_looks, *span.value - told.since_begin() + duration{1}));
        if (interrupted()) return exit_interrupted;
    }
    return complain("after " + timeout + ", not yet so that " + what + ": " + seen, exit_timed_out);
}

int wait_for(session& of, const std::string& town, condition what, const std::string& timeout) {
    const auto id = of.town(town);
    if (!id) return of.fail(id.error());
    switch (what) {
        case condition::dispatching:
            return wait_until(of, timeout, "the town dispatches",
                              [&](std::string& seen) { return is_dispatching(of, *id, seen); });
        case condition::drained:
            return wait_until(of, timeout, "the town is drained",
                              [&](std::string& seen) { return is_drained(of, *id, seen); });
        case condition::breaker_closed:
            return wait_until(of, timeout, "its breakers are closed",
                              [&](std::string& seen) { return is_closed(of, *id, seen); });
    }
    return exit_usage;
}

int wait_for_order(session& of, const std::string& verb, const order_target& to,
                   const patience& until) {
    order_target exact = to;
    if (!to.town.empty()) {
        auto id = of.town(to.town);
        if (!id) return of.fail(id.error());
        exact.town = *std::move(id);
    }
    const std::string what = verb == "drain"   ? "nothing runs any more"
                             : verb == "pause" ? "no start is in flight"
                                               : "the order is gone";
    return wait_until(of, until.timeout, what,
                      [&](std::string& seen) { return has_effect(of, verb, exact, seen); });
}

}  // namespace townd::ctl
