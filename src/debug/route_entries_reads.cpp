// What can be read of the fleet and its towns.

#include <utility>

#include "debug/fleet_lists.hpp"
#include "debug/parameters.hpp"
#include "debug/route_table.hpp"

namespace townd::debug {
namespace {

route_entry object(std::string_view pattern, std::string_view says,
                   std::vector<parameter> query = {}) {
    route_entry out;
    out.method = "GET";
    out.pattern = pattern;
    out.says = says;
    out.query = std::move(query);
    return out;
}

route_entry list(std::string_view pattern, std::string_view says, std::vector<parameter> query) {
    auto out = object(pattern, says, paged(std::move(query)));
    out.is_list = true;
    return out;
}

route_entry tagged(route_entry entry) {
    entry.is_tagged = true;
    return entry;
}

route_entry giving(route_entry entry, std::string_view type) {
    entry.gives = type;
    return entry;
}

parameter by_bead() {
    return any_text("bead", "Id of the bead.");
}

std::vector<parameter> bead_filters() {
    return {
        one_of("status", "Status of the bead.",
               {"open", "in_progress", "in_review", "closed", "failed"}),
        one_of("type", "Type of the bead.",
               {"issue", "message", "escalation", "merge_request", "convoy", "molecule", "agent"}),
        any_text("rig_id", "Id of the rig.")};
}

std::vector<parameter> agent_filters() {
    return {of_role(), some_of("status", "Status of the agent.",
                               {"idle", "working", "waiting", "stalled", "dead", "unknown"})};
}

std::vector<parameter> with_town(std::vector<parameter> rest) {
    rest.insert(rest.begin(), of_town());
    return rest;
}

std::vector<parameter> town_filters() {
    return {some_of("state", "Condition of the town.", town_states()),
            some_of("role", "A breaker of the role is not closed.", roles()),
            some_of("reason", "Beads wait for this reason.", gate_reasons()),
            any_text("q", "Part of the id, name or problem."),
            one_of("sort", "Order; `-`: the most first.", town_sorts()),
            some_of("fields", "Fields of the items to show; all without it.", town_fields())};
}

std::vector<parameter> breaker_filters() {
    return {of_town(),
            some_of("state", "State of the breaker.", breaker_states()),
            of_role(),
            some_of("scope", "What it is for.", breaker_scopes()),
            any_text("cause", "Part of the cause."),
            some_texts("key", "Key, with the town."),
            some_texts("agent", "Name of the agent."),
            some_texts("rig_id", "Id of the rig.")};
}

std::vector<parameter> event_filters() {
    return {of_town(), some_texts("type", "Type of the event; `note` takes all notes."),
            some_of("severity", "Severity.", {"info", "warn", "error"})};
}

std::vector<parameter> event_list_filters() {
    auto out = event_filters();
    out.push_back(whole("after", "Events after this one, the oldest first.", 0, INT64_MAX));
    out.push_back(whole("before", "Events before this one, the newest first.", 1, INT64_MAX));
    return out;
}

std::vector<parameter> stream_filters() {
    auto out = event_filters();
    out.push_back(whole("after", "Events after this one are sent first.", 0, INT64_MAX));
    return out;
}

}  // namespace

std::vector<route_entry> fleet_entries() {
    auto beads = bead_filters();
    beads.push_back(some_of("reason", "Why the bead waits.", gate_reasons()));
    beads.push_back(ago("older_than", "Made longer ago than this."));
    return {
        tagged(object("/debug/v1/summary", "The fleet in one answer: verdict, numbers, causes.")),
        tagged(list("/debug/v1/towns", "All towns.", town_filters())),
        tagged(list("/debug/v1/breakers", "Breakers that remember something, and the containers'.",
                    breaker_filters())),
        object("/debug/v1/breakers/:town/*key", "One breaker, with its transitions."),
        list("/debug/v1/beads", "Beads of one town, or the oldest waiting ones of all.",
             with_town(std::move(beads))),
        tagged(object("/debug/v1/outages", "Outages of many towns that are open.")),
        tagged(object("/debug/v1/outages/:outage", "One open outage, and its towns.", paged())),
        tagged(
            list("/debug/v1/errors", "Failures by cause.",
                 {one_of("group", "What is one item; fingerprint without it.",
                         {"fingerprint", "code", "role", "town"}),
                  ago("since", "Seen within this."), some_of("code", "Error code.", error_codes()),
                  of_role(), some_texts("fingerprint", "Fingerprint of the cause.")})),
        object("/debug/v1/errors/:fingerprint", "One cause: samples, towns, timeline.", paged()),
        list("/debug/v1/events", "What happened in the fleet.", event_list_filters()),
        giving(object("/debug/v1/events/stream", "Events as they happen (server-sent events).",
                      stream_filters()),
               "text/event-stream"),
        tagged(object("/debug/v1/reconciler", "How the ticks go.")),
    };
}

std::vector<route_entry> town_entries() {
    const std::vector<parameter> events{by_bead(), a_moment("since", "Not before this time.")};
    return {
        object("/debug/v1/towns/:town", "One town with all that stands beside its summary."),
        list("/debug/v1/towns/:town/agents", "Agents of the town.", agent_filters()),
        list("/debug/v1/towns/:town/beads", "Beads of the town.", bead_filters()),
        list("/debug/v1/towns/:town/attempts", "Attempts of the town, the newest first.",
             {by_bead()}),
        list("/debug/v1/towns/:town/events", "Events of the town's beads, the oldest first.",
             events),
        list("/debug/v1/agents", "Agents of a town.", with_town(agent_filters())),
        object("/debug/v1/agents/:agent", "One agent, by id or name.", {of_town()}),
        object("/debug/v1/beads/:town/:bead", "One bead with every failure that is kept."),
        list("/debug/v1/attempts", "Attempts of a town, the newest first.", with_town({by_bead()})),
        object("/debug/v1/attempts/:attempt",
               "One attempt; without town only while it is among the samples of its cause.",
               {of_town()}),
        object("/debug/v1/explain", "Why a bead is, or is not, dispatched: every gate.",
               {of_town(), by_bead()}),
    };
}

std::vector<route_entry> daemon_entries() {
    return {
        list("/debug/v1/config", "Effective configuration, with origins.", {}),
        object("/debug/v1/config/status", "What the last reload said."),
        giving(object("/debug/v1/config/schema.json", "JSON Schema of townd.yaml."),
               "application/schema+json"),
        object("/debug/v1/runtime", "The process: memory, threads, descriptors."),
        object(
            "/debug/v1/logs", "The newest log lines.",
            {one_of("level", "This level and worse.", {"trace", "debug", "info", "warn", "error"}),
             of_town(), whole("limit", "Lines; 100 without it.", 1, 2000)}),
        object("/debug/v1/overrides", "Operators' orders in force."),
        list("/debug/v1/audit", "What operators did, the newest first.", {}),
        object("/debug/v1/doctor", "Named checks, each with its remedy."),
        giving(object("/debug/v1/bundle", "All of the above in one archive, without secrets."),
               "application/zstd"),
        giving(object("/debug/v1/openapi.json", "This interface (OpenAPI 3.1)."),
               "application/openapi+json"),
    };
}

}  // namespace townd::debug
