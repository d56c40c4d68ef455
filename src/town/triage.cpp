#include "town/triage.hpp"

#include <array>

#include "town/agents.hpp"
#include "town/concerns.hpp"
#include "town/inbox.hpp"
#include "town/mail.hpp"
#include "town/outcomes.hpp"
#include "town/sessions.hpp"
#include "townd/decide/backoff.hpp"

namespace townd::town {
namespace {

constexpr std::size_t notes_bytes_max = 4 * 1024;
constexpr std::array<std::string_view, 9> words{
    "RESTART", "RESTART_WITH_BACKOFF", "CLOSE_BEAD", "ESCALATE",        "ESCALATE_TO_MAYOR",
    "NUDGE",   "REASSIGN_BEAD",        "DISCARD",    "PROVIDE_GUIDANCE"};

bool is_batch(const std::optional<bead>& b) {
    return b && b->has_label(triage_label) && b->created_by == patrol;
}

// What a request is about, as far as it still exists.
struct subject {
    std::optional<agent> who;
    std::optional<bead> work;
    bool gone_on = false;  // The agent has other work by now, which nobody complained of.
};

subject subject_of(context& ctx, const bead& request) {
    const json metadata = object_in(request.metadata_json);
    subject out;
    if (const auto id = text_at(metadata, "agent_bead_id")) out.who = ctx.store.find_agent(*id);
    auto work = text_at(metadata, "hooked_bead_id");
    // Requests of the original do not name it. A batch is never meant: its agent is free to
    // resolve what is said of itself.
    if (!work && out.who && out.who->hook && !is_batch(ctx.store.find_bead(*out.who->hook)))
        work = out.who->hook;
    if (work) out.work = ctx.store.find_bead(*work);
    out.gone_on = out.who && out.who->hook && out.who->hook != work;
    return out;
}

// The agent rests and its process is stopped; the bead is open when it was in progress.
void free_both(context& ctx, subject& about, const std::string& why) {
    const bool concerned = about.who && !about.gone_on;
    if (concerned && about.who->hook) {
        static_cast<void>(unhook(ctx, about.who->id));
    } else if (concerned && is_at_work(*about.who)) {
        rest(ctx, *about.who, true, true, why);
        order_stop(ctx, about.who->id, why, duration{0});
    }
    if (!about.work) return;
    take_off(ctx, about.work->id, why);
    about.work = ctx.store.find_bead(about.work->id);
    if (!about.work || is_terminal(about.work->status)) return;
    about.work->assignee.reset();
    if (about.work->status == bead_status::in_progress)
        set_status(ctx, *about.work, bead_status::open, why);
    ctx.store.put_bead(*about.work);
}

void restart(context& ctx, subject& about, bool wait) {
    free_both(ctx, about, "restarted by triage");
    if (!about.work || is_terminal(about.work->status)) return;
    auto& work = *about.work;
    const auto& rules = ctx.with.rules.dispatch;
    work.next_attempt_at.reset();
    if (wait)
        work.next_attempt_at =
            ctx.now +
            grown(rules.work_backoff, std::max(0, work.dispatch_attempts - 1), rules.max_backoff);
    ctx.store.put_bead(work);
    ctx.out.wake = true;
}

std::string about_what(const bead& request, const std::string& notes) {
    return notes.empty() ? request.title : request.title + "\n\n" + notes;
}

void nudge(context& ctx, const subject& about, std::string message, const std::string& by) {
    if (!about.who) return;
    new_nudge wanted;
    wanted.agent = about.who->id;
    wanted.message = std::move(message);
    wanted.mode = "immediate";
    wanted.source = by;
    static_cast<void>(add_nudge(ctx, wanted));  // Too many wait already: it is nudged enough.
}

void guide(context& ctx, const subject& about, const bead& request, const std::string& notes,
           const std::string& by) {
    if (!about.who) return;
    static_cast<void>(
        send_mail(ctx, {std::nullopt, about.who->id, "Guidance: " + request.title, notes, {}}));
    nudge(ctx, about, "Guidance waits in your mail: " + request.title, by);
}

// False when the town has none.
bool tell_mayor(context& ctx, const bead& request, const std::string& notes) {
    for (const auto& a : ctx.store.agents()) {
        if (a.role != agent_role::mayor) continue;
        static_cast<void>(
            send_mail(ctx, {std::nullopt, a.id, "Triage: " + request.title, notes, {}}));
        return true;
    }
    return false;
}

void ask_person(context& ctx, const subject& about, const bead& request, const std::string& notes) {
    townd::escalate what;
    if (about.work) what.about = about.work->id;
    what.rig = request.rig;
    what.category = "triage";
    what.title = clean_text(about_what(request, notes), error_message_bytes_max);
    escalate_once(ctx, what);
}

void carry_out(context& ctx, const bead& request, const triage_decision& d) {
    auto about = subject_of(ctx, request);
    switch (d.action) {
        case triage_action::restart:
            return restart(ctx, about, false);
        case triage_action::restart_with_backoff:
            return restart(ctx, about, true);
        case triage_action::close_bead:
            // What nobody merged must not count as merged.
            if (about.work && about.work->type == bead_type::merge_request)
                static_cast<void>(review_completed(ctx, about.work->id, review_verdict::failed,
                                                   "closed by triage: " + d.notes, std::nullopt));
            else if (about.work)
                cancel_bead(ctx, *about.work, bead_status::closed, "closed by triage: " + d.notes);
            return;
        case triage_action::escalate:
            return ask_person(ctx, about, request, d.notes);
        case triage_action::escalate_to_mayor:
            if (!tell_mayor(ctx, request, d.notes)) ask_person(ctx, about, request, d.notes);
            return;
        case triage_action::nudge:
            return nudge(ctx, about, about_what(request, d.notes), d.by);
        case triage_action::reassign_bead:
            return free_both(ctx, about, "given to another by triage");
        case triage_action::discard:
            return;
        case triage_action::provide_guidance:
            return guide(ctx, about, request, d.notes, d.by);
    }
}

}  // namespace

std::optional<triage_action> parse_triage_action(std::string_view text) {
    std::string upper;
    for (const char c : text)
        upper += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    if (upper == "CLOSE") return triage_action::close_bead;
    for (std::size_t i = 0; i < words.size(); ++i)
        if (upper == words[i]) return static_cast<triage_action>(i);
    return std::nullopt;
}

std::string_view to_text(triage_action action) noexcept {
    return words[static_cast<std::size_t>(action)];
}

bool may_resolve(context& ctx, const std::optional<agent_id>& id, const named_dispatch& named) {
    if (named) {
        const auto d = ctx.store.find_dispatch(*named);
        if (d && (!id || d->agent == *id) && is_batch(ctx.store.find_bead(d->bead))) return true;
    }
    const auto a = id ? ctx.store.find_agent(*id) : std::nullopt;
    if (!a) return false;
    if (a->hook && is_batch(ctx.store.find_bead(*a->hook))) return true;
    const auto newest = named ? std::nullopt : newest_dispatch(ctx, a->id);
    return newest && is_batch(ctx.store.find_bead(newest->bead));
}

result<bead> resolve_triage(context& ctx, const triage_decision& decision) {
    auto request = ctx.store.find_bead(decision.request);
    if (ctx.store.failed()) return *ctx.store.failed();
    if (!request || !request->has_label(triage_request_label))
        return failure{errc::not_found,
                       "Triage request " + clean_text(decision.request, 80) + " not found"};
    if (is_terminal(request->status)) return *std::move(request);
    carry_out(ctx, *request, decision);
    json metadata = object_in(request->metadata_json);
    metadata["resolution_action"] = to_text(decision.action);
    metadata["resolution_notes"] = cut_text(decision.notes, notes_bytes_max);
    metadata["resolved_by"] = clean_text(decision.by, 200);
    request->metadata_json = dump_json(metadata);
    const std::string word{to_text(decision.action)};
    add_event(ctx, request->id, "triage_resolved", std::nullopt, std::nullopt, word);
    set_status(ctx, *request, bead_status::closed, "resolved: " + word);
    if (ctx.store.failed()) return *ctx.store.failed();
    return *std::move(request);
}

}  // namespace townd::town
