#include <memory>

#include "ctl/command_line.hpp"
#include "ctl/follow.hpp"
#include "ctl/names.hpp"
#include "ctl/status.hpp"
#include "ctl/views.hpp"
#include "ctl/waiting.hpp"

namespace townd::ctl {
namespace {

// What the options of a list say; shared by its option table and its action.
struct list_options {
    std::string town, bead, state, role, reason, query, sort, scope, cause, code, since, group,
        type, status, rig, older_than;
    int limit = 100;
};
using shared_options = std::shared_ptr<list_options>;

void limit(CLI::App& to, const shared_options& o) {
    to.add_option("--limit", o->limit, "rows at most")->check(CLI::Range(1, 1'000'000));
}

void add_status(command_line& to) {
    auto counts = std::make_shared<bool>(false);
    to.add(to.app(), "status", "how the fleet is: one verdict, five numbers, causes, orders",
           "  townctl status\n  townctl status --exit-code && echo well",
           [counts](session& of) { return status(of, *counts); })
        .add_flag(
            "--exit-code", *counts,
            "exit 1 when a town is blocked or set aside, an outage is open or ticks are late");
    auto interval = std::make_shared<std::string>("2s");
    to.add(to.app(), "watch", "status on the whole screen, drawn again and again",
           "  townctl watch\n  townctl watch --interval 10s",
           [interval](session& of) { return watch(of, *interval); })
        .add_option("--interval", *interval, "time between two looks")
        ->type_name("TIME");
    to.add(to.app(), "doctor", "named checks with hints; exit 1 when one fails",
           "  townctl doctor\n  townctl doctor -o wide", doctor);
    to.add(to.app(), "version", "versions of townctl and of the daemon", "  townctl version",
           [own = to.version()](session& of) { return version(of, own); });
}

void add_towns(command_line& to) {
    auto o = std::make_shared<list_options>();
    auto& towns =
        to.add(to.app(), "towns", "the towns",
               "  townctl towns --state blocked,set_aside\n  townctl towns -o name --limit 10000",
               [o](session& of) {
                   return list(of,
                               {"/debug/v1/towns",
                                {{"state", o->state},
                                 {"role", o->role},
                                 {"reason", o->reason},
                                 {"q", o->query},
                                 {"sort", o->sort}},
                                o->limit},
                               towns_view);
               });
    towns.add_option("--state", o->state, "dispatching, idle, degraded, blocked, set_aside")
        ->type_name("STATE,...");
    towns.add_option("--role", o->role, "with a breaker of the role that is not closed");
    towns.add_option("--reason", o->reason, "with ready beads that wait for it, as BreakerOpen");
    towns.add_option("-q,--query", o->query, "text in the id, the name or the problem");
    towns.add_option("--sort", o->sort, "id, -failures_1h, -waiting, -oldest, -tick");
    limit(towns, o);
    auto& town = to.add(to.app(), "town", "one town: agents, breakers, beads, last attempts",
                        "  townctl town TOWN", [o](session& of) { return show_town(of, o->town); });
    town.add_option("TOWN", o->town, town_help)->required();
}

void add_beads(command_line& to) {
    auto o = std::make_shared<list_options>();
    auto& beads = to.add(
        to.app(), "beads", "beads of a town; without one, those of the fleet that wait",
        "  townctl beads TOWN --status open\n  townctl beads --reason BreakerOpen --older-than 30m",
        [o](session& of) {
            return list_beads(of, o->town,
                              {"",
                               {{"status", o->status},
                                {"type", o->type},
                                {"rig_id", o->rig},
                                {"reason", o->reason},
                                {"older_than", o->older_than}},
                               o->limit});
        });
    beads.add_option("TOWN", o->town, town_help);
    beads.add_option("--status", o->status,
                     "of a town: open, in_progress, in_review, closed, failed");
    beads.add_option("--type", o->type,
                     "of a town: issue, message, escalation, merge_request, ...");
    beads.add_option("--rig", o->rig, "of a town: of this rig");
    beads.add_option("--reason", o->reason, "of the fleet: why they wait, as BreakerOpen");
    beads.add_option("--older-than", o->older_than, "of the fleet: made that long ago, as 30m");
    limit(beads, o);
    auto a = std::make_shared<list_options>();
    auto& attempts =
        to.add(to.app(), "attempts", "what was tried in a town, the newest first",
               "  townctl attempts TOWN\n  townctl attempts TOWN --bead BEAD",
               [a](session& of) { return list_attempts(of, a->town, a->bead, a->limit); });
    attempts.add_option("TOWN", a->town, town_help)->required();
    attempts.add_option("--bead", a->bead, "of this bead");
    limit(attempts, a);
    auto& attempt = to.add(to.app(), "attempt", "one attempt: phases, answer, error",
                           "  townctl attempt ID\n  townctl attempt ID --town TOWN",
                           [a](session& of) { return show_attempt(of, a->bead, a->town); });
    attempt.add_option("ATTEMPT", a->bead, "its id")->required();
    attempt.add_option("--town", a->town, "its town, when the daemon does not find it alone");
}

void add_breakers(command_line& to) {
    auto o = std::make_shared<list_options>();
    auto& breakers = to.add(to.app(), "breakers", "breakers that remember something",
                            "  townctl breakers --state open,half_open\n  townctl breakers TOWN",
                            [o](session& of) {
                                std::string town;
                                if (!o->town.empty()) {
                                    auto id = of.town(o->town);
                                    if (!id) return of.fail(id.error());
                                    town = *std::move(id);
                                }
                                return list(of,
                                            {"/debug/v1/breakers",
                                             {{"town", town},
                                              {"state", o->state},
                                              {"role", o->role},
                                              {"scope", o->scope},
                                              {"cause", o->cause}},
                                             o->limit},
                                            breakers_view);
                            });
    breakers.add_option("TOWN,--town", o->town, town_help);
    breakers.add_option("--state", o->state, "closed, open, half_open, forced_open, forced_closed")
        ->type_name("STATE,...");
    breakers.add_option("--role", o->role, "polecat, refinery, mayor");
    breakers.add_option("--scope", o->scope, "place, agent");
    breakers.add_option("--cause", o->cause, "part of the cause");
    limit(breakers, o);
}

void add_errors(command_line& to) {
    auto o = std::make_shared<list_options>();
    auto& errors = to.add(
        to.app(), "errors", "failures by cause, over the fleet",
        "  townctl errors --since 1h\n  townctl errors --role polecat", [o](session& of) {
            return list(
                of,
                {"/debug/v1/errors",
                 {{"since", o->since}, {"group", o->group}, {"code", o->code}, {"role", o->role}},
                 o->limit},
                errors_view);
        });
    errors.add_option("--since", o->since, "seen within this time, as 1h");
    errors.add_option("--group", o->group, "fingerprint, code, role, town");
    errors.add_option("--code", o->code, "as connect_refused");
    errors.add_option("--role", o->role, "polecat, refinery, mayor");
    limit(errors, o);
    to.add(to.app(), "error", "one cause: samples, towns, first and last", "  townctl error ID",
           [o](session& of) { return show_error(of, o->query); })
        .add_option("ERROR", o->query, "its fingerprint, as townctl errors lists it")
        ->required();
    to.add(to.app(), "outages", "outages that are open", "  townctl outages", [](session& of) {
        return list(of, {"/debug/v1/outages", {}, 0}, outages_view);
    });
    to.add(to.app(), "outage", "one outage", "  townctl outage ID",
           [o](session& of) { return show_outage(of, o->query); })
        .add_option("OUTAGE", o->query, "its id")
        ->required();
}

void add_explain(command_line& to) {
    auto o = std::make_shared<list_options>();
    auto& explains = to.add(to.app(), "explain", "why a bead is not started: every gate in order",
                            "  townctl explain TOWN BEAD\n  townctl explain TOWN",
                            [o](session& of) { return explain(of, o->town, o->bead); });
    explains.add_option("TOWN", o->town, town_help)->required();
    explains.add_option("BEAD", o->bead, "its id; without one, the town's open beads");
    to.add(to.app(), "dry-run", "what the town's next tick would do; exit 2 when something",
           "  townctl dry-run TOWN", [o](session& of) { return dry_run(of, o->town); })
        .add_option("TOWN", o->town, town_help)
        ->required();
}

void add_history(command_line& to) {
    auto e = std::make_shared<events_wanted>();
    auto& what = to.add(to.app(), "events", "what happened, the newest first",
                        "  townctl events -f\n  townctl events TOWN --severity error",
                        [e](session& of) { return events(of, *e); });
    what.add_option("TOWN", e->town, town_help);
    what.add_flag("-f,--follow", e->follow, "go on with new ones, the oldest first");
    what.add_option("--type", e->type, "as breaker_changed")->type_name("TYPE,...");
    what.add_option("--severity", e->severity, "info, warn, error");
    what.add_option("--limit", e->limit, "rows at most")->check(CLI::Range(1, 1'000'000));
    auto l = std::make_shared<logs_wanted>();
    auto& lines = to.add(to.app(), "logs", "the daemon's newest log lines",
                         "  townctl logs -f\n  townctl logs --level warn",
                         [l](session& of) { return logs(of, *l); });
    lines.add_option("TOWN", l->town, town_help);
    lines.add_flag("-f,--follow", l->follow, "go on with new ones, the oldest first");
    lines.add_option("--level", l->level, "this one and worse: debug, info, warn, error");
    lines.add_option("--limit", l->limit, "lines at most")->check(CLI::Range(1, 1000));
    auto o = std::make_shared<list_options>();
    auto& audit = to.add(to.app(), "audit", "what operators did, the newest first",
                         "  townctl audit --limit 20", [o](session& of) {
                             return list(of, {"/debug/v1/audit", {}, o->limit}, audit_view);
                         });
    limit(audit, o);
    to.add(to.app(), "overrides", "operators' orders in force", "  townctl overrides",
           [](session& of) {
               return list(of, {"/debug/v1/overrides", {}, 0}, overrides_view);
           });
}

void add_wait(command_line& to) {
    struct wanted {
        std::string town, what, timeout = "5m";
    };
    auto o = std::make_shared<wanted>();
    auto& waits = to.add(
        to.app(), "wait", "until a town is so; exit 4 when it is not in time",
        "  townctl wait TOWN --for dispatching --timeout 5m\n  townctl wait TOWN --for=drained",
        [o](session& of) {
            const auto what = o->what == "drained"          ? condition::drained
                              : o->what == "breaker-closed" ? condition::breaker_closed
                                                            : condition::dispatching;
            return wait_for(of, o->town, what, o->timeout);
        });
    waits.add_option("TOWN", o->town, town_help)->required();
    waits.add_option("--for", o->what, "what is waited for")
        ->required()
        ->check(CLI::IsMember({"dispatching", "drained", "breaker-closed"}));
    waits.add_option("--timeout", o->timeout, "how long at most")->type_name("TIME");
}

}  // namespace

void add_reads(command_line& to) {
    add_status(to);
    add_towns(to);
    add_beads(to);
    add_breakers(to);
    add_errors(to);
    add_explain(to);
    add_history(to);
    add_wait(to);
}

}  // namespace townd::ctl
