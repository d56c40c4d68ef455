#include "town/events.hpp"

#include <algorithm>
#include <array>
#include <exception>

#include "town/callbacks.hpp"
#include "town/outcomes.hpp"
#include "town/upkeep.hpp"

namespace townd::town {
namespace {

result<void> bead_cancelled(context& ctx, const store::town_event& event, const json& payload) {
    auto b = event.bead ? ctx.store.find_bead(*event.bead) : std::nullopt;
    if (!b) return {};  // Deleted meanwhile (Kilo #3047).
    const bool failed =
        text_at(payload, "cancel_status") == "failed" || text_at(payload, "status") == "failed";
    cancel_bead(ctx, *b, failed ? bead_status::failed : bead_status::closed, "cancelled");
    return {};
}

result<void> container_status(context& ctx, const store::town_event& event, const json& payload) {
    if (!event.agent) return {};
    const std::string text = text_at(payload, "status").value_or("");
    container::status_reply reply;
    reply.status_text = text;
    if (text == "running" || text == "starting")
        reply.what = container::status_reply::kind::running;
    if (text == "exited") reply.what = container::status_reply::kind::exited;
    if (text == "not_found") reply.what = container::status_reply::kind::not_found;
    if (text == "stopping") reply.what = container::status_reply::kind::stopping;
    reply.exit_reason = text_at(payload, "exit_reason");
    status_answered(ctx, *event.agent, reply);
    return {};
}

result<void> agent_done(context& ctx, const store::town_event& event, const json& payload) {
    if (!event.agent) return {};
    return done(ctx, *event.agent, std::nullopt,
                {text_at(payload, "branch").value_or(""), text_at(payload, "pr_url"),
                 text_at(payload, "summary")});
}

result<void> agent_completed(context& ctx, const store::town_event& event, const json& payload) {
    if (!event.agent) return {};
    return completed(ctx, *event.agent, std::nullopt, text_at(payload, "status") == "failed",
                     text_at(payload, "reason").value_or(""));
}

// The merge request that an event is about: named, or the one with its pull request's address.
std::optional<bead_id> request_of(context& ctx, const store::town_event& event,
                                  const json& payload) {
    if (event.bead) return event.bead;
    for (const char* key : {"bead_id", "mr_bead_id", "merge_request_id"})
        if (auto id = text_at(payload, key)) return id;
    const auto url = text_at(payload, "pr_url");
    if (!url) return std::nullopt;
    for (const auto& r : ctx.store.load_live().reviews)
        if (r.pr_url == url) return r.id;
    return std::nullopt;
}

result<void> pr_status_changed(context& ctx, const bead_id& request, const json& payload) {
    std::string said;
    for (const char* key : {"pr_state", "state", "status"})
        if (said.empty()) said = text_at(payload, key).value_or("");
    pr_answer answer;
    if (said == "merged")
        answer.state = pr_state::merged;
    else if (said == "closed")
        answer.state = pr_state::closed;
    else if (said != "open")
        return failure{errc::invalid,
                       "pr_state is '" + cut_text(said, 60) + "': expected open, merged or closed"};
    const auto decision = text_at(payload, "review_decision");
    answer.awaiting_approval = decision == "REVIEW_REQUIRED" ||
                               payload.value("awaiting_approval", json(false)) == json(true);
    pull_request_answered(ctx, request, answer);
    return {};
}

result<void> pull_request_event(context& ctx, const store::town_event& event, const json& payload) {
    const auto request = request_of(ctx, event, payload);
    if (!request || !ctx.store.find_bead(*request)) return {};  // Gone meanwhile.
    if (event.type == "pr_status_changed") return pr_status_changed(ctx, *request, payload);
    if (event.type == "pr_auto_merge" || event.type == "auto_merge_cleared") {
        set_auto_merge(ctx, *request, event.type == "pr_auto_merge");
        return {};
    }
    pr_trouble_report what;
    what.conflict = event.type == "pr_conflict_detected";
    for (const char* key : {"feedback", "message", "summary"})
        if (what.words.empty()) what.words = text_at(payload, key).value_or("");
    what.branch = text_at(payload, "branch");
    pull_request_needs_work(ctx, *request, what);
    return {};
}

result<void> convoy_started(context& ctx, const store::town_event& event, const json& payload) {
    const auto id = event.bead ? event.bead : text_at(payload, "convoy_id");
    auto row = id ? ctx.store.find_convoy(*id) : std::nullopt;
    if (!row || !row->staged) return {};
    row->staged = false;
    ctx.store.put_convoy(*row);
    ctx.out.wake = true;
    return {};
}

// Known to the original and of no effect here, or of none at all.
constexpr std::array<std::string_view, 5> without_effect{
    "bead_created", "container_eviction", "nudge_timeout", "poll_pr_null", "agent_spawned"};
constexpr std::array<std::string_view, 5> of_pull_requests{
    "pr_status_changed", "pr_auto_merge", "pr_feedback_detected", "auto_merge_cleared",
    "pr_conflict_detected"};

}  // namespace

result<void> apply_event(context& ctx, const store::town_event& event) {
    json payload = json::object();
    if (!event.payload_json.empty()) {
        auto parsed = parse_json(event.payload_json);
        if (!parsed) return failure{errc::invalid, "payload is " + parsed.error().what};
        if (!parsed->is_object()) return failure{errc::invalid, "payload is not an object"};
        payload = std::move(*parsed);
    }
    if (event.type == "agent_done") return agent_done(ctx, event, payload);
    if (event.type == "agent_completed") return agent_completed(ctx, event, payload);
    if (event.type == "container_status") return container_status(ctx, event, payload);
    if (event.type == "bead_cancelled") return bead_cancelled(ctx, event, payload);
    if (event.type == "convoy_started") return convoy_started(ctx, event, payload);
    if (std::find(of_pull_requests.begin(), of_pull_requests.end(), event.type) !=
        of_pull_requests.end())
        return pull_request_event(ctx, event, payload);
    for (const auto known : without_effect)
        if (event.type == known) return {};
    return failure{errc::invalid, "unknown event type '" + cut_text(event.type, 60) + "'"};
}

namespace {

// Whatever an event does to us, it is one event (E1).
result<void> try_event(context& ctx, const store::town_event& event) {
    try {
        return apply_event(ctx, event);
    } catch (const std::exception& e) {
        return failure{errc::internal, std::string{"internal error: "} + e.what()};
    }
}

}  // namespace

int apply_pending(context& ctx, int max) {
    const auto events = ctx.store.pending_town_events(max);
    for (const auto& event : events) {
        part undoable(ctx);
        ctx.store.savepoint();
        const auto applied = try_event(ctx, event);
        const bool gone = !applied && applied.error().kind == errc::not_found;
        if ((applied || gone) && !ctx.store.failed()) {
            ctx.store.town_event_done(event.id, ctx.now);
            ctx.store.release();
            continue;
        }
        const std::string why =
            ctx.store.failed() ? ctx.store.failed()->what : applied.error().what;
        ctx.store.rollback_to();
        undoable.undo();
        if (ctx.store.broken()) return static_cast<int>(events.size());
        const int tries = ctx.store.town_event_failed(event.id, why, ctx.now);
        if (tries >= 3)
            ctx.warn("event_set_aside", "event " + event.id + " (" + cut_text(event.type, 60) +
                                            ") failed " + std::to_string(tries) +
                                            " times and is set aside: " + why);
    }
    return static_cast<int>(events.size());
}

}  // namespace townd::town
