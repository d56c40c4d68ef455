#include "town/inbox.hpp"

#include <algorithm>

namespace townd::town {
namespace {

store::bead_filter unread_of(const agent_id& agent) {
    store::bead_filter filter;
    filter.type = bead_type::message;
    filter.status = bead_status::open;
    filter.assignee = agent;
    return filter;
}

// The list comes with the newest first; its end is where the oldest are.
std::vector<bead> oldest_unread(context& ctx, const agent_id& agent) {
    auto filter = unread_of(agent);
    filter.limit = 1000;
    auto out = ctx.store.list_beads(filter);
    std::reverse(out.begin(), out.end());
    if (out.size() > static_cast<std::size_t>(letters_read_max))
        out.erase(out.begin() + letters_read_max, out.end());
    return out;
}

}  // namespace

std::vector<bead> take_mail(context& ctx, const agent_id& agent) {
    auto letters = oldest_unread(ctx, agent);
    for (auto& letter : letters)
        set_status(ctx, letter, bead_status::closed, "read by its addressee", agent);
    return letters;
}

result<void> has_room_for_mail(context& ctx, const agent_id& to) {
    auto filter = unread_of(to);
    filter.limit = 1;
    filter.offset = letters_unread_max - 1;
    if (ctx.store.list_beads(filter).empty()) return {};
    return failure{errc::overloaded, std::to_string(letters_unread_max) + " letters to agent " +
                                         clean_text(to, 80) +
                                         " are unread: wait until it reads its mail"};
}

result<std::string> add_nudge(context& ctx, const new_nudge& wanted) {
    const auto waiting = ctx.store.pending_nudges(wanted.agent, ctx.now);
    if (waiting.size() >= static_cast<std::size_t>(nudges_waiting_max))
        return failure{errc::overloaded,
                       std::to_string(waiting.size()) + " nudges wait for agent " +
                           clean_text(wanted.agent, 80) + ": wait until it has taken some"};
    store::nudge n;
    n.id = ctx.from.new_id();
    n.agent = wanted.agent;
    n.message = wanted.message;
    n.mode = wanted.mode;
    n.priority = wanted.priority;
    n.source = wanted.source;
    n.created_at = ctx.now;
    n.expires_at = ctx.now + nudge_lasts;
    ctx.store.add_nudge(n);
    if (ctx.store.failed()) return *ctx.store.failed();
    return n.id;
}

bool deliver_nudge(context& ctx, const agent_id& agent, const std::string& nudge) {
    const auto waiting = ctx.store.pending_nudges(agent, ctx.now);
    const bool waits = std::any_of(waiting.begin(), waiting.end(),
                                   [&](const store::nudge& n) { return n.id == nudge; });
    if (waits) ctx.store.nudge_delivered(nudge, ctx.now);
    return waits;
}

}  // namespace townd::town
