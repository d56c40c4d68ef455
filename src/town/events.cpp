#include "town/events.hpp"

#include <array>
#include <exception>

#include "town/callbacks.hpp"
#include "town/outcomes.hpp"

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

// Known to the original and of no effect here, or of none at all.
constexpr std::array<std::string_view, 11> without_effect{
    "bead_created",         "container_eviction", "nudge_timeout",        "pr_status_changed",
    "convoy_started",       "pr_auto_merge",      "pr_feedback_detected", "auto_merge_cleared",
    "pr_conflict_detected", "poll_pr_null",       "agent_spawned"};

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
