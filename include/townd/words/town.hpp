#pragma once
// The things of a town, as plain values: beads, agents, rigs, merge requests and what ties them.
//
// Enumerations mirror the text columns of a town database. Such a column can hold anything; the
// store turns an unknown value into a reported bad row (beads) or into `unknown` (agent status,
// which then counts as not running), never into a stop of the whole town (incident rows E3, E4).

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "townd/words/time.hpp"

namespace townd {

// Identifiers are opaque texts. The aliases say which is meant.
using town_id = std::string;
using rig_id = std::string;
using bead_id = std::string;
using agent_id = std::string;     ///< The bead id of the agent's own bead.
using dispatch_id = std::string;  ///< One per attempt; the `X-Dispatch-Id` and the token's `jti`.

enum class bead_type : std::uint8_t {
    issue,
    message,
    escalation,
    merge_request,
    convoy,
    molecule,
    agent
};
enum class bead_status : std::uint8_t { open, in_progress, in_review, closed, failed };
enum class bead_priority : std::uint8_t { low, medium, high, critical };
enum class agent_role : std::uint8_t { polecat, refinery, mayor };
inline constexpr std::size_t agent_role_count = 3;
[[nodiscard]] constexpr std::size_t index_of(agent_role role) noexcept {
    return static_cast<std::size_t>(role);
}
enum class agent_status : std::uint8_t { idle, working, waiting, stalled, dead, unknown };

[[nodiscard]] std::string_view to_text(bead_type value) noexcept;
[[nodiscard]] std::string_view to_text(bead_status value) noexcept;
[[nodiscard]] std::string_view to_text(bead_priority value) noexcept;
[[nodiscard]] std::string_view to_text(agent_role value) noexcept;
[[nodiscard]] std::string_view to_text(agent_status value) noexcept;
[[nodiscard]] std::optional<bead_type> parse_bead_type(std::string_view text) noexcept;
[[nodiscard]] std::optional<bead_status> parse_bead_status(std::string_view text) noexcept;
[[nodiscard]] std::optional<bead_priority> parse_bead_priority(std::string_view text) noexcept;
[[nodiscard]] std::optional<agent_role> parse_agent_role(std::string_view text) noexcept;
/// Never empty-handed: an unknown text is `agent_status::unknown`.
[[nodiscard]] agent_status parse_agent_status(std::string_view text) noexcept;

/// Closed and failed beads are terminal: nothing but an explicit retry changes them (E8).
[[nodiscard]] constexpr bool is_terminal(bead_status s) noexcept {
    return s == bead_status::closed || s == bead_status::failed;
}

/// A bead. `labels_json` and `metadata_json` are kept as the texts they are; the few labels that
/// matter to dispatch are asked for with `has_label`.
struct bead {
    bead_id id;
    bead_type type = bead_type::issue;
    bead_status status = bead_status::open;
    std::string title;
    std::optional<std::string> body;
    std::optional<rig_id> rig;
    std::optional<bead_id> parent;
    std::optional<agent_id> assignee;
    bead_priority priority = bead_priority::medium;
    std::vector<std::string> labels;
    std::string metadata_json = "{}";
    int dispatch_attempts = 0;  ///< Sessions charged to the work itself. Towards max_attempts.
    std::optional<instant> last_dispatch_attempt_at;
    std::string created_by;
    instant created_at{};
    instant updated_at{};
    std::optional<instant> closed_at;

    // townd's own, beside the original's columns (table townd_beads).
    int starts = 0;           ///< Attempts ever made, whoever was charged. The attempt number.
    int failures_in_row = 0;  ///< Drives the backoff. Cleared by progress (`done`) or a retry.
    std::optional<instant> next_attempt_at;  ///< Not before this.
    bool parked = false;                     ///< Held until someone changes something (a 400; A11).
    std::string reason;  ///< Why the bead is where it is; empty when nothing happened yet.

    [[nodiscard]] bool has_label(std::string_view label) const noexcept;
};

struct agent {
    agent_id id;
    std::optional<rig_id> rig;  ///< None for the mayor.
    agent_role role = agent_role::polecat;
    std::string name;      ///< The slot name: what the agent's breaker is keyed by.
    std::string identity;  ///< Unique in the town.
    agent_status status = agent_status::idle;
    std::string status_text;  ///< As stored; differs from `status` only when that is unknown.
    std::optional<bead_id> hook;
    int dispatch_attempts = 0;
    std::optional<std::string> checkpoint_json;
    std::optional<instant> last_activity_at;  ///< Heartbeat, callback or dispatch.
    std::optional<instant> stalled_at;
    std::optional<std::string> status_message;
    std::optional<instant> status_message_at;
    std::optional<std::string> last_event_type;
    std::optional<instant> last_event_at;
    std::string active_tools_json = "[]";
    instant created_at{};
};

struct rig {
    rig_id id;
    std::string name;
    std::string git_url;
    std::string default_branch = "main";
    std::optional<std::string> platform_integration_id;
    std::optional<int> max_dispatch_attempts;    ///< The rig's own cap, used by every rule (C6).
    std::optional<int> max_concurrent_polecats;  ///< The rig's own limit.
    std::string config_json = "{}";
    instant created_at{};
    std::optional<bool> code_review = {};    ///< The rig's own; else the town's.
    std::optional<bool> pull_requests = {};  ///< merge_strategy pr (or direct); else the town's.
};

/// The review side of a bead of type merge_request.
struct review {
    bead_id id;  ///< The merge request's bead.
    std::string branch;
    std::string target_branch = "main";
    std::optional<std::string> merge_commit;
    std::optional<std::string> pr_url;
    std::optional<bead_id> source;  ///< The issue that is under review, or the convoy that lands.
    int rework_rounds = 0;          ///< How often changes were requested.

    // Of its pull request; kept in the bead's metadata, as the original's.
    std::optional<instant> pr_news_at = {};  ///< Last word on it, or its opening.
    std::optional<instant> polled_at = {};   ///< Last time it was asked about.
    int poll_transient = 0;                  ///< Failed asks in a row that may pass.
    int poll_invalid = 0;                    ///< Answers in a row that made no sense.
    bool awaiting_approval = false;          ///< A person is asked: no clock runs.
    bool auto_merge = false;                 ///< Merge it as soon as it can be.
};

/// `bead` waits for `on`.
struct dependency {
    bead_id bead;
    bead_id on;
    std::string type = "blocks";           ///< blocks, tracks, parent-child.
    std::optional<bead_status> on_status;  ///< Empty when `on` does not exist (any more).
};

/// A merge request of an issue that is in review, whatever its status.
struct review_link {
    bead_id source;
    bead_id merge_request;
    bead_status status = bead_status::open;
};

}  // namespace townd
