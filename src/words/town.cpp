#include "townd/words/town.hpp"

#include <algorithm>
#include <array>

#include "townd/words/dispatch.hpp"

namespace townd {
namespace {

template <std::size_t N>
using names = std::array<std::string_view, N>;

constexpr names<7> bead_types{"issue",  "message",  "escalation", "merge_request",
                              "convoy", "molecule", "agent"};
constexpr names<5> bead_statuses{"open", "in_progress", "in_review", "closed", "failed"};
constexpr names<4> priorities{"low", "medium", "high", "critical"};
constexpr names<3> roles{"polecat", "refinery", "mayor"};
constexpr names<6> agent_statuses{"idle", "working", "waiting", "stalled", "dead", "unknown"};
constexpr names<6> dispatch_states{"intent", "unknown", "started", "failed", "neutral", "ended"};
constexpr names<5> outcomes{"in_flight", "success", "failure", "neutral", "unknown"};

template <class Enum, std::size_t N>
std::optional<Enum> find_in(const names<N>& list, std::string_view text) noexcept {
    for (std::size_t i = 0; i < N; ++i)
        if (list[i] == text) return static_cast<Enum>(i);
    return std::nullopt;
}
template <class Enum, std::size_t N>
std::string_view name_in(const names<N>& list, Enum value) noexcept {
    return list[static_cast<std::size_t>(value)];
}

}  // namespace

std::string_view to_text(bead_type value) noexcept {
    return name_in(bead_types, value);
}
std::string_view to_text(bead_status value) noexcept {
    return name_in(bead_statuses, value);
}
std::string_view to_text(bead_priority value) noexcept {
    return name_in(priorities, value);
}
std::string_view to_text(agent_role value) noexcept {
    return name_in(roles, value);
}
std::string_view to_text(agent_status value) noexcept {
    return name_in(agent_statuses, value);
}
std::string_view to_text(dispatch_state value) noexcept {
    return name_in(dispatch_states, value);
}
std::string_view to_text(attempt_outcome value) noexcept {
    return name_in(outcomes, value);
}

std::optional<bead_type> parse_bead_type(std::string_view text) noexcept {
    return find_in<bead_type>(bead_types, text);
}
std::optional<bead_status> parse_bead_status(std::string_view text) noexcept {
    return find_in<bead_status>(bead_statuses, text);
}
std::optional<bead_priority> parse_bead_priority(std::string_view text) noexcept {
    return find_in<bead_priority>(priorities, text);
}
std::optional<agent_role> parse_agent_role(std::string_view text) noexcept {
    return find_in<agent_role>(roles, text);
}
agent_status parse_agent_status(std::string_view text) noexcept {
    return find_in<agent_status>(agent_statuses, text).value_or(agent_status::unknown);
}
std::optional<dispatch_state> parse_dispatch_state(std::string_view text) noexcept {
    return find_in<dispatch_state>(dispatch_states, text);
}
std::optional<attempt_outcome> parse_attempt_outcome(std::string_view text) noexcept {
    return find_in<attempt_outcome>(outcomes, text);
}

bool bead::has_label(std::string_view label) const noexcept {
    return std::find(labels.begin(), labels.end(), label) != labels.end();
}

}  // namespace townd
