#include "town/mail.hpp"

#include <algorithm>

#include "town/start_request.hpp"
#include "townd/decide/backoff.hpp"

namespace townd::town {
namespace {

constexpr duration delivery_backoff{30'000};
constexpr duration delivery_backoff_max{600'000};

std::optional<agent> find_mayor(context& ctx) {
    auto all = ctx.store.agents();
    const auto found = std::find_if(all.begin(), all.end(),
                                    [](const agent& a) { return a.role == agent_role::mayor; });
    if (found == all.end()) return std::nullopt;
    return std::move(*found);
}

int waiting_notices(context& ctx, const agent_id& mayor) {
    store::bead_filter filter;
    filter.type = bead_type::message;
    filter.status = bead_status::open;
    filter.assignee = mayor;
    const auto all = ctx.store.list_beads(filter);
    return static_cast<int>(std::count_if(all.begin(), all.end(),
                                          [](const bead& b) { return b.has_label(notice_label); }));
}

}  // namespace

result<bead> send_mail(context& ctx, const letter& what) {
    const auto to = ctx.store.find_agent(what.to);
    if (ctx.store.failed()) return *ctx.store.failed();
    if (!to) return failure{errc::not_found, "there is no agent " + clean_text(what.to, 80)};
    bead b;
    b.id = ctx.from.new_id();
    b.type = bead_type::message;
    b.title = what.subject;
    b.body = what.body;
    b.rig = to->rig;
    b.assignee = what.to;
    b.labels = what.labels;
    b.created_by = what.from.value_or("townd");
    b.created_at = b.updated_at = ctx.now;
    json metadata;
    if (what.from) metadata["from_agent_id"] = *what.from;
    metadata["to_agent_id"] = what.to;
    b.metadata_json = dump_json(metadata);
    ctx.store.insert_bead(b);
    add_event(ctx, b.id, "mail_sent", what.from, std::nullopt, what.to);
    ctx.out.wake = true;
    if (ctx.store.failed()) return *ctx.store.failed();
    return b;
}

void notify_mayor(context& ctx, std::string subject, std::string body) {
    const auto mayor = find_mayor(ctx);
    if (!mayor || waiting_notices(ctx, mayor->id) >= notices_max) return;
    static_cast<void>(send_mail(ctx, {std::nullopt,
                                      mayor->id,
                                      std::move(subject),
                                      std::move(body),
                                      {std::string{notice_label}}}));
}

void deliver(context& ctx, const agent_id& mayor, const bead_id& message) {
    auto b = ctx.store.find_bead(message);
    if (!b || b->status != bead_status::open) return;
    // Not again before this call is over.
    b->next_attempt_at = ctx.now + ctx.with.rules.dispatch.status_timeout + duration{1'000};
    ctx.store.put_bead(*b);
    std::string text = b->title;
    if (b->body && !b->body->empty()) text += "\n\n" + *b->body;
    ctx.out.upkeep.push_back({upkeep_call::kind::message, message, message_call(ctx, mayor, text)});
    ctx.out.wake = true;
}

void delivery_answered(context& ctx, const bead_id& message, bool taken) {
    auto b = ctx.store.find_bead(message);
    if (!b || is_terminal(b->status)) return;
    if (taken) {
        set_status(ctx, *b, bead_status::closed, "delivered to the running mayor");
        return;
    }
    ++b->failures_in_row;
    b->next_attempt_at =
        ctx.now + grown(delivery_backoff, b->failures_in_row - 1, delivery_backoff_max);
    b->reason = "its mayor's session did not take it";
    ctx.store.put_bead(*b);
    ctx.out.wake = true;
}

}  // namespace townd::town
