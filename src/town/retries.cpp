#include "town/retries.hpp"

#include "town/beads.hpp"

namespace townd::town {
namespace {

json state_of(const bead& b) {
    json out;
    out["status"] = to_text(b.status);
    out["dispatch_attempts"] = b.dispatch_attempts;
    out["failures_in_row"] = b.failures_in_row;
    out["next_attempt_at"] = b.next_attempt_at ? json(to_rfc3339(*b.next_attempt_at)) : json();
    out["parked"] = b.parked;
    out["reason"] = b.reason;
    return out;
}

json change_of(const bead& before, const bead& after) {
    json out;
    out["before"] = state_of(before);
    out["after"] = state_of(after);
    out["changed"] = out["before"] != out["after"];
    return out;
}

result<bead> find_dispatchable(context& ctx, const bead_id& id) {
    auto b = ctx.store.find_bead(id);
    if (ctx.store.failed()) return *ctx.store.failed();
    if (!b) return failure{errc::not_found, "there is no bead " + clean_text(id, 80)};
    if (b->type == bead_type::agent)
        return failure{errc::conflict,
                       "bead " + clean_text(id, 80) + " is an agent: it is never dispatched"};
    return *std::move(b);
}

result<json> write(context& ctx, const bead& before, bead after, std::string_view event,
                   std::string_view reason) {
    json out = change_of(before, after);
    if (!out["changed"].get<bool>()) return out;
    after.updated_at = ctx.now;
    ctx.store.put_bead(after);
    json metadata;
    metadata["reason"] = clean_text(reason, error_message_bytes_max);
    metadata["dispatch_attempts_before"] = before.dispatch_attempts;
    const std::string status{to_text(after.status)};
    add_event(ctx, after.id, event, std::nullopt, status, status, metadata);
    ctx.out.wake = true;
    if (ctx.store.failed()) return *ctx.store.failed();
    return out;
}

}  // namespace

result<json> retry_now(context& ctx, const bead_id& id, std::string_view reason) {
    const auto before = find_dispatchable(ctx, id);
    if (!before) return before.error();
    if (before->status == bead_status::closed)
        return failure{errc::conflict,
                       "bead " + before->id + " is closed: there is nothing to retry"};
    if (before->status == bead_status::failed) {
        const auto after = retry_bead(ctx, id, reason);
        if (!after) return after.error();
        return change_of(*before, *after);
    }
    bead after = *before;
    after.parked = false;
    after.next_attempt_at.reset();
    after.failures_in_row = 0;
    return write(ctx, *before, std::move(after), "retried", reason);
}

result<json> reset_attempts(context& ctx, const bead_id& id, std::string_view reason) {
    const auto before = find_dispatchable(ctx, id);
    if (!before) return before.error();
    if (is_terminal(before->status))
        return failure{errc::conflict, "bead " + before->id + " is " +
                                           std::string{to_text(before->status)} +
                                           ": retry-now opens a failed one with all counters at 0"};
    bead after = *before;
    after.dispatch_attempts = 0;
    return write(ctx, *before, std::move(after), "attempts_reset", reason);
}

}  // namespace townd::town
