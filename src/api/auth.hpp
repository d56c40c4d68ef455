#pragma once
// Who calls, and what that caller may reach (table "Authentication" of the API).

#include <optional>
#include <string>
#include <string_view>

#include "container/jwt.hpp"
#include "http/message.hpp"
#include "townd/words/result.hpp"
#include "townd/words/town.hpp"

namespace townd::api {

struct face;
struct call;

/// Whom a route is for. Operators, services and the unix socket reach all of them.
enum class access : std::uint8_t {
    open,       ///< Anybody, without a credential.
    user,       ///< Operators; a container may read what is its own town's.
    town,       ///< And the town's container.
    rig_agent,  ///< And agents of the rig: what an agent reports beside its own routes.
    own_agent,  ///< And the agent that the path names.
    old_agent,  ///< The same where the path names no town.
    refresh,    ///< As `town`, and an expired container token will do.
    mayor,      ///< The town's mayor: its session, or its container in its name.
};

struct caller {
    enum class kind : std::uint8_t { trusted, container, agent } what = kind::trusted;
    std::optional<container::claims> token;  ///< Of any token that verified.

    /// The agent that an agent token speaks for.
    [[nodiscard]] std::optional<agent_id> speaks_for() const;
};

/// `forbidden` for a write that a page of another site made the user's browser send, whatever
/// credential it carries. No page reaches the unix socket.
[[nodiscard]] result<void> refuse_pages(const http::request& request);
/// Whether the body is said to be JSON. No form of a web page can say so.
[[nodiscard]] bool is_json(const http::request& request);

/// `unauthorized` for a missing, malformed, expired or badly signed credential.
[[nodiscard]] result<caller> identify(const face& self, const http::request& request, access to);

/// `forbidden` for a good credential of another town, rig or agent.
[[nodiscard]] result<void> admit(const face& self, const caller& who, const http::request& request,
                                 access to);

/// `forbidden` when an agent's token is used in the name of another agent.
[[nodiscard]] result<void> speaks_as(const caller& who, const std::optional<agent_id>& named);

/// The dispatch that a call of `agent` names: X-Dispatch-Id, else the `jti` of the agent's token.
[[nodiscard]] std::optional<dispatch_id> named_dispatch(const call& c, const agent_id& agent);

/// Who must be the town's mayor for this call (`access::mayor`); empty when the caller is trusted.
[[nodiscard]] std::optional<agent_id> said_mayor(const caller& who, const http::request& request);

/// Who is on record for a write: the agent that speaks or is named behind a container token.
[[nodiscard]] std::optional<agent_id> author(const call& c);

}  // namespace townd::api
