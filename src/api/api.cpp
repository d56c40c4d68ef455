// The table of the API and the way that every request takes: who calls, may they, what do they say.

#include "api/api.hpp"

#include <array>

#include "api/fields.hpp"
#include "api/handlers.hpp"

#define TOWND_RIG "/api/towns/:town/rigs/:rig"
#define TOWND_AGENT TOWND_RIG "/agents/:agent"
#define TOWND_TOOLS "/api/mayor/:town/tools"

namespace townd::api {
namespace {

/// Whether a body is read, and whether it may be missing.
enum class takes : std::uint8_t { nothing, maybe, body };

struct endpoint {
    std::string_view method;
    std::string_view pattern;
    access to;
    takes in;
    void (*serve)(const face&, call);
};

constexpr endpoint endpoints[] = {
    {"GET", "/health", access::open, takes::nothing, show_health},

    // Towns and rigs.
    {"POST", "/api/users/:user/towns", access::user, takes::body, create_town},
    {"GET", "/api/users/:user/towns", access::user, takes::nothing, list_towns},
    {"GET", "/api/users/:user/towns/:town", access::user, takes::nothing, show_town},
    {"DELETE", "/api/users/:user/towns/:town", access::user, takes::nothing, delete_town},
    {"POST", "/api/users/:user/rigs", access::user, takes::body, create_rig},
    {"GET", "/api/users/:user/towns/:town/rigs", access::user, takes::nothing, list_rigs},
    {"GET", "/api/users/:user/rigs/:rig", access::user, takes::nothing, show_rig},
    {"DELETE", "/api/users/:user/rigs/:rig", access::user, takes::nothing, delete_rig},
    {"GET", "/api/towns/:town/config", access::town, takes::nothing, show_config},
    {"PATCH", "/api/towns/:town/config", access::town, takes::body, patch_config},

    // Beads.
    {"POST", TOWND_RIG "/beads", access::town, takes::body, create_bead},
    {"GET", TOWND_RIG "/beads", access::town, takes::nothing, list_beads},
    {"GET", TOWND_RIG "/beads/:bead", access::rig_agent, takes::nothing, show_bead},
    {"DELETE", TOWND_RIG "/beads/:bead", access::town, takes::nothing, delete_bead},
    {"PATCH", TOWND_RIG "/beads/:bead/status", access::rig_agent, takes::body, change_bead_status},
    {"POST", TOWND_RIG "/beads/:bead/close", access::rig_agent, takes::maybe, close_bead},
    {"POST", TOWND_RIG "/beads/:bead/retry", access::town, takes::maybe, retry_bead},
    {"POST", TOWND_RIG "/sling", access::town, takes::body, sling},
    {"GET", TOWND_RIG "/events", access::town, takes::nothing, list_bead_events},
    {"POST", TOWND_RIG "/escalations", access::rig_agent, takes::body, create_escalation},
    {"GET", "/api/towns/:town/escalations", access::town, takes::nothing, list_escalations},
    {"POST", "/api/towns/:town/escalations/:id/acknowledge", access::town, takes::maybe,
     acknowledge_escalation},
    {"POST", TOWND_RIG "/review-queue", access::rig_agent, takes::body, submit_review},
    {"POST", TOWND_RIG "/review-queue/:entry/complete", access::rig_agent, takes::body,
     complete_review},
    {"POST", TOWND_RIG "/triage/resolve", access::rig_agent, takes::body, resolve_triage},
    {"POST", "/api/towns/:town/convoys", access::town, takes::body, create_convoy},
    {"GET", "/api/towns/:town/convoys", access::town, takes::nothing, list_convoys},
    {"GET", "/api/towns/:town/convoys/:id", access::town, takes::nothing, show_convoy},
    {"POST", "/api/towns/:town/convoys/:id/start", access::town, takes::maybe, start_convoy},
    {"POST", "/api/towns/:town/convoys/:id/close", access::town, takes::maybe, close_convoy},
    {"POST", "/api/towns/:town/events", access::town, takes::body, add_town_event},

    // Agents.
    {"POST", TOWND_RIG "/agents", access::town, takes::body, create_agent},
    {"GET", TOWND_RIG "/agents", access::town, takes::nothing, list_agents},
    {"POST", TOWND_RIG "/agents/get-or-create", access::town, takes::body, get_or_create_agent},
    {"GET", TOWND_AGENT, access::own_agent, takes::nothing, show_agent},
    {"DELETE", TOWND_AGENT, access::town, takes::nothing, delete_agent},
    {"POST", TOWND_AGENT "/hook", access::own_agent, takes::body, hook_agent},
    {"DELETE", TOWND_AGENT "/hook", access::own_agent, takes::nothing, unhook_agent},
    {"GET", TOWND_AGENT "/prime", access::own_agent, takes::nothing, prime_agent},
    {"POST", TOWND_AGENT "/heartbeat", access::own_agent, takes::maybe, heartbeat},
    {"POST", "/api/rigs/:rig/agents/:agent/heartbeat", access::old_agent, takes::maybe,
     old_heartbeat},
    {"POST", TOWND_AGENT "/done", access::own_agent, takes::body, agent_done},
    {"POST", TOWND_AGENT "/completed", access::own_agent, takes::body, agent_completed},
    {"POST", TOWND_AGENT "/waiting", access::own_agent, takes::maybe, agent_waiting},
    {"POST", TOWND_AGENT "/checkpoint", access::own_agent, takes::body, write_checkpoint},
    {"POST", TOWND_AGENT "/status", access::own_agent, takes::body, agent_said},
    {"POST", TOWND_AGENT "/eviction-context", access::own_agent, takes::body,
     write_eviction_context},
    {"POST", TOWND_AGENT "/request-changes", access::own_agent, takes::body, request_changes},
    {"GET", TOWND_AGENT "/mail", access::own_agent, takes::nothing, read_mail},
    {"POST", TOWND_RIG "/mail", access::rig_agent, takes::body, send_mail},
    {"GET", TOWND_AGENT "/pending-nudges", access::own_agent, takes::nothing, list_nudges},
    {"POST", TOWND_AGENT "/nudge-delivered", access::own_agent, takes::body, nudge_delivered},
    {"GET", TOWND_AGENT "/molecule/current", access::own_agent, takes::nothing, show_molecule},
    {"POST", TOWND_AGENT "/molecule/advance", access::own_agent, takes::maybe, advance_molecule},
    {"POST", TOWND_RIG "/agent-events", access::rig_agent, takes::body, add_agent_event},

    // The container's life.
    {"POST", "/api/towns/:town/container-eviction", access::town, takes::maybe, begin_eviction},
    {"POST", "/api/towns/:town/container-ready", access::town, takes::body, container_ready},
    {"GET", "/api/towns/:town/drain-status", access::town, takes::nothing, show_drain},
    {"POST", "/api/towns/:town/refresh-container-token", access::refresh, takes::maybe,
     refresh_container_token},
    {"POST", "/api/towns/:town/container-events", access::town, takes::body, add_container_event},

    // The mayor's tools.
    {"POST", TOWND_TOOLS "/sling", access::mayor, takes::body, mayor_sling},
    {"POST", TOWND_TOOLS "/sling-batch", access::mayor, takes::body, mayor_sling_batch},
    {"GET", TOWND_TOOLS "/rigs", access::mayor, takes::nothing, mayor_rigs},
    {"GET", TOWND_TOOLS "/rigs/:rig/beads", access::mayor, takes::nothing, list_beads},
    {"GET", TOWND_TOOLS "/rigs/:rig/agents", access::mayor, takes::nothing, list_agents},
    {"POST", TOWND_TOOLS "/mail", access::mayor, takes::body, mayor_mail},
    {"POST", TOWND_TOOLS "/nudge", access::mayor, takes::body, mayor_nudge},
    {"GET", TOWND_TOOLS "/convoys", access::mayor, takes::nothing, list_convoys},
    {"GET", TOWND_TOOLS "/convoys/:id", access::mayor, takes::nothing, show_convoy},
    {"POST", TOWND_TOOLS "/convoys/:id/start", access::mayor, takes::maybe, start_convoy},
    {"POST", TOWND_TOOLS "/convoys/:id/close", access::mayor, takes::maybe, close_convoy},
    {"POST", TOWND_TOOLS "/rigs/:rig/beads/:bead/reassign", access::mayor, takes::body,
     reassign_bead},
    {"POST", TOWND_TOOLS "/rigs/:rig/beads/:bead/close", access::mayor, takes::maybe, close_bead},
    {"POST", TOWND_TOOLS "/rigs/:rig/beads/:bead/reset", access::mayor, takes::maybe, reset_bead},
    {"DELETE", TOWND_TOOLS "/rigs/:rig/beads/:bead", access::mayor, takes::nothing, delete_bead},
    {"POST", TOWND_TOOLS "/rigs/:rig/agents/:agent/reset", access::mayor, takes::maybe,
     reset_agent},
};

http::response not_json() {
    json body;
    body["success"] = false;
    body["error"] = "Content-Type must be application/json";
    return http::json_response(415, body);
}

// Reads the body into the call; the answer when it is none.
std::optional<http::response> read_body(const endpoint& row, call& c) {
    if (row.in == takes::nothing) return std::nullopt;
    const bool empty = c.request.body.find_first_not_of(" \t\r\n") == std::string::npos;
    if (empty && row.in == takes::maybe) return std::nullopt;
    auto parsed = parse_json(c.request.body);
    if (!parsed)
        return refusal({errc::invalid, empty ? "Invalid JSON body: it is empty"
                                             : "Invalid JSON body: " + parsed.error().what});
    if (parsed->is_null() && row.in == takes::maybe) return std::nullopt;
    if (!parsed->is_object()) return invalid_body({{{}, "Expected an object"}});
    c.body = *std::move(parsed);
    c.request.body.clear();
    return std::nullopt;
}

void serve(const face& self, const endpoint& row, http::request request, http::responder reply) {
    if (auto foreign = refuse_pages(request); !foreign) return reply(refusal(foreign.error()));
    if (!request.body.empty() && !request.from_socket && !is_json(request))
        return reply(not_json());
    auto who = identify(self, request, row.to);
    if (!who) return reply(refusal(who.error()));
    if (auto admitted = admit(self, *who, request, row.to); !admitted)
        return reply(refusal(admitted.error()));
    call c{std::move(request), std::move(reply), *std::move(who)};
    if (row.to == access::mayor) c.as_mayor = said_mayor(c.who, c.request);
    if (auto problem = read_body(row, c)) return c.reply(*std::move(problem));
    row.serve(self, std::move(c));
}

std::string_view callers_of(access to) {
    switch (to) {
        case access::open:
            return "anybody";
        case access::user:
            return "operators";
        case access::town:
        case access::refresh:
            return "the town's container";
        case access::rig_agent:
            return "agents of the rig";
        case access::own_agent:
        case access::old_agent:
            return "the agent itself";
        case access::mayor:
            return "the town's mayor";
    }
    return "";
}

}  // namespace

std::vector<route_note> route_notes() {
    std::vector<route_note> out;
    for (const auto& row : endpoints)
        out.push_back({row.method, row.pattern, callers_of(row.to), row.in != takes::nothing});
    return out;
}

void add_routes(http::router& routes, engine::fleet& towns, api_options options) {
    const auto self = std::make_shared<const face>(face{towns, std::move(options)});
    for (const auto& row : endpoints)
        routes.add(row.method, row.pattern,
                   [self, &row](http::request request, http::responder reply) {
                       serve(*self, row, std::move(request), std::move(reply));
                   });
}

}  // namespace townd::api
