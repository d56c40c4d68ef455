#pragma once
// The body of POST /agents/start, checked as the real container checks it.

#include <cstdint>
#include <optional>
#include <string>

#include "json/json.hpp"
#include "standin/exchange.hpp"
#include "townd/words/town.hpp"

namespace townd::standin {

/// Longer ids of agents, rigs and towns are refused; what is remembered is cut to it.
inline constexpr std::size_t id_bytes_max = 256;

struct start_request {
    agent_id agent;
    rig_id rig;
    town_id town;
    std::string role;
    std::string name;
    std::string model;
    std::string branch;
    std::optional<std::string> organization;
    std::string api_url;          ///< envVars GASTOWN_API_URL; empty: the agent calls nobody.
    std::string session_token;    ///< envVars GASTOWN_SESSION_TOKEN. Never logged.
    std::string container_token;  ///< envVars GASTOWN_CONTAINER_TOKEN. Never logged.
    std::optional<bead_id> bead;
    dispatch_id dispatch;
    std::optional<std::int64_t> attempt;
};

/// What can be told without the body being right; every text may be empty.
[[nodiscard]] start_request read_start(const request& from, const json& body);

/// The issues of a wrong body, `[{path, message}]`; empty when it is right.
[[nodiscard]] json start_issues(const json& body);

}  // namespace townd::standin
