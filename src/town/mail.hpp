#pragma once
// Letters to agents: beads of type message. A letter to the mayor reaches it by its next start, by
// a call while it runs, or when it reads its mail, whichever comes first; once.

#include "town/context.hpp"
#include "townd/words/result.hpp"

namespace townd::town {

/// Letters of ours that starts nobody: read when the mayor runs anyway.
inline constexpr std::string_view notice_label = "gt:notice";
/// Notices that wait for one mayor; more are dropped, their cause shows on every page.
inline constexpr int notices_max = 20;

struct letter {
    std::optional<agent_id> from;
    agent_id to;
    std::string subject;
    std::string body;
    std::vector<std::string> labels;
};
/// `not_found` when the addressee does not exist. Returns the message's bead.
[[nodiscard]] result<bead> send_mail(context& ctx, const letter& what);

/// Tells the town's mayor, when it has one. Starts nobody.
void notify_mayor(context& ctx, std::string subject, std::string body);

/// Sends a letter to the running mayor's session.
void deliver(context& ctx, const agent_id& mayor, const bead_id& message);
/// What came of it. A letter that was not taken is tried again, after ten minutes at the longest:
/// a mayor may run for days and read no mail.
void delivery_answered(context& ctx, const bead_id& message, bool taken);

}  // namespace townd::town
