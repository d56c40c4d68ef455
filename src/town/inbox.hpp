#pragma once
// What waits for an agent: letters that it has not read, nudges that it was not given.

#include "town/context.hpp"
#include "townd/words/result.hpp"

namespace townd::town {

inline constexpr int letters_read_max = 100;    ///< At one reading.
inline constexpr int letters_unread_max = 200;  ///< In one box; more are refused.
inline constexpr int nudges_waiting_max = 100;  ///< For one agent; more are refused.
inline constexpr duration nudge_lasts{24 * 3'600'000};

/// Its unread letters, the oldest first; they are delivered by this, once.
[[nodiscard]] std::vector<bead> take_mail(context& ctx, const agent_id& agent);
/// `overloaded` when the addressee's box is full.
[[nodiscard]] result<void> has_room_for_mail(context& ctx, const agent_id& to);

struct new_nudge {
    agent_id agent;
    std::string message;
    std::string mode = "wait-idle";   ///< wait-idle, immediate, queue.
    std::string priority = "normal";  ///< normal, urgent.
    std::string source;
};
/// `overloaded` when too many wait. Returns its id.
[[nodiscard]] result<std::string> add_nudge(context& ctx, const new_nudge& wanted);
/// Whether it waited for this agent until now; not when it was delivered before, or is over.
[[nodiscard]] bool deliver_nudge(context& ctx, const agent_id& agent, const std::string& nudge);

}  // namespace townd::town
