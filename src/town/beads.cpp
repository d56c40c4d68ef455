// What people and programs do to beads. Everything ends in rows; the tick that follows acts on
// them.

#include "town/beads.hpp"

#include "town/agents.hpp"
#include "town/callbacks.hpp"
#include "town/convoys.hpp"
#include "town/outcomes.hpp"

namespace townd::town {
namespace {

// What a reader says when there is nothing: the database's own trouble goes before "not found".
result<bead> find_work(context& ctx, const bead_id& id) {
    auto b = ctx.store.find_bead(id);
    if (!b) return missing(ctx, "bead", id);
    if (b->type == bead_type::agent)
        return failure{errc::conflict,
                       "bead " + clean_text(id, 80) + " is an agent: use the agent's own routes"};
    return *std::move(b);
}

// A file that grows without end would stop its town one day; new work is what can wait.
result<void> check_size(const context& ctx, bead_type type) {
    const auto most = ctx.with.rules.upkeep.max_town_bytes;
    if (ctx.facts.file_bytes <= most || type == bead_type::escalation) return {};
    constexpr std::int64_t megabyte = 1024 * 1024;
    return failure{errc::overloaded,
                   "the town's database holds " + std::to_string(ctx.facts.file_bytes / megabyte) +
                       " MB, over towns.max_megabytes (" + std::to_string(most / megabyte) +
                       "): it takes no new beads. Delete beads that are over, keep less history "
                       "(towns.keep_history), or raise the limit"};
}

std::string author(const std::optional<agent_id>& by) {
    return by ? "by agent " + clean_text(*by, 80) : std::string{"by a person or program"};
}

result<void> check_references(context& ctx, const new_bead& wanted) {
    std::string unknown;
    const auto note_unknown = [&](std::string_view what, std::string_view id) {
        unknown += (unknown.empty() ? "" : "; ") + std::string{what} + " " + clean_text(id, 80) +
                   " does not exist";
    };
    for (const auto& blocker : wanted.blocked_by)
        if (!ctx.store.find_bead(blocker)) note_unknown("blocked_by: bead", blocker);
    if (wanted.assignee && !ctx.store.find_agent(*wanted.assignee))
        note_unknown("assignee_agent_id: agent", *wanted.assignee);
    if (ctx.store.failed()) return *ctx.store.failed();
    if (!unknown.empty()) return failure{errc::invalid, std::move(unknown)};
    return {};
}

// An assignee that does not hold its bead loses it in the next tick, so who is free takes it at
// once.
void hook_free_assignee(context& ctx, const bead& work) {
    if (work.type != bead_type::issue || !work.assignee) return;
    const auto a = ctx.store.find_agent(*work.assignee);
    const bool suits = a && a->role != agent_role::refinery && !a->hook &&
                       !live_dispatch(ctx, a->id) &&
                       (a->rig == work.rig || a->role == agent_role::mayor);
    if (suits) static_cast<void>(hook(ctx, a->id, work.id));
}

bead read_again(context& ctx, bead b) {
    auto fresh = ctx.store.find_bead(b.id);
    return fresh ? *std::move(fresh) : std::move(b);
}

// The bead is anyone's again: whoever holds it is unhooked and stopped.
void give_back(context& ctx, bead& b, const std::string& why, const std::optional<agent_id>& by) {
    take_off(ctx, b.id, why);
    b = read_again(ctx, std::move(b));
    b.assignee.reset();
    b.updated_at = ctx.now;
    if (b.status == bead_status::open) {
        ctx.store.put_bead(b);
        return;
    }
    set_status(ctx, b, bead_status::open, why, by);
}

void clear_counters(bead& b) {
    b.dispatch_attempts = 0;
    b.last_dispatch_attempt_at.reset();
    b.failures_in_row = 0;
    b.next_attempt_at.reset();
    b.parked = false;
    b.reason.clear();
}

// What the original's pages show of a failure, beside the columns; and a convoy's tries to land.
void forget_failure(bead& b) {
    auto metadata = parse_json(b.metadata_json);
    if (!metadata || !metadata->is_object()) return;
    bool changed = false;
    for (const char* key : {"failureReason", "failureKind", "failureMessage", "landing_mr_attempts",
                            "last_landing_mr_attempt_at"})
        changed = metadata->erase(key) != 0 || changed;
    if (changed) b.metadata_json = dump_json(*metadata);
}

}  // namespace

failure missing(context& ctx, std::string_view what, std::string_view id) {
    if (ctx.store.failed()) return *ctx.store.failed();
    return {errc::not_found, "there is no " + std::string{what} + " " + clean_text(id, 80)};
}

result<bead> create_bead(context& ctx, const new_bead& wanted) {
    if (wanted.type == bead_type::agent)
        return failure{errc::invalid, "type: agents are created as agents, not as beads"};
    if (auto room = check_size(ctx, wanted.type); !room) return room.error();
    if (auto sound = check_references(ctx, wanted); !sound) return sound.error();
    bead b;
    b.id = ctx.from.new_id();
    b.type = wanted.type;
    b.title = wanted.title;
    b.body = wanted.body;
    b.rig = wanted.rig;
    b.priority = wanted.priority;
    b.labels = wanted.labels;
    b.metadata_json = wanted.metadata_json;
    b.parent = wanted.parent;
    b.assignee = wanted.assignee;
    b.created_by = wanted.created_by;
    b.created_at = b.updated_at = ctx.now;
    ctx.store.insert_bead(b);
    for (const auto& blocker : wanted.blocked_by)
        ctx.store.add_dependency({b.id, blocker, "blocks", std::nullopt});
    json metadata;
    metadata["type"] = to_text(b.type);
    metadata["created_by"] = cut_text(b.created_by, 200);
    add_event(ctx, b.id, "created", std::nullopt, std::nullopt, std::string{to_text(b.status)},
              metadata);
    if (b.assignee) add_event(ctx, b.id, "assigned", b.assignee, std::nullopt, *b.assignee);
    hook_free_assignee(ctx, b);
    ctx.out.wake = true;
    if (ctx.store.failed()) return *ctx.store.failed();
    return read_again(ctx, std::move(b));  // Long texts were cut on the way in.
}

result<bead> change_status(context& ctx, const bead_id& id, bead_status to,
                           const std::optional<agent_id>& by) {
    auto found = find_work(ctx, id);
    if (!found) return found.error();
    bead b = *std::move(found);
    if (is_terminal(b.status))
        return failure{errc::conflict, "bead " + b.id + " is " + std::string{to_text(b.status)} +
                                           " and stays so; a failed one can be retried"};
    if (b.status == to) return b;
    const std::string why = "set to " + std::string{to_text(to)} + " " + author(by);
    if (is_terminal(to)) {
        cancel_bead(ctx, b, to, why);
    } else if (to == bead_status::open) {
        give_back(ctx, b, why, by);
    } else {
        set_status(ctx, b, to, why, by);
    }
    ctx.out.wake = true;
    if (ctx.store.failed()) return *ctx.store.failed();
    return read_again(ctx, std::move(b));
}

result<bead> retry_bead(context& ctx, const bead_id& id, std::string_view reason) {
    auto found = find_work(ctx, id);
    if (!found) return found.error();
    bead b = *std::move(found);
    const bool failed = b.status == bead_status::failed;
    if (!failed && !(b.parked && !is_terminal(b.status)))
        return failure{errc::conflict, "bead " + b.id + " is " + std::string{to_text(b.status)} +
                                           ": only a failed or parked bead can be retried"};
    if (failed) {
        take_off(ctx, b.id, "its bead is retried");
        b = read_again(ctx, std::move(b));
    }
    const std::string before{to_text(b.status)};
    json metadata;
    metadata["reason"] = reason.empty() ? std::string{"retried by a person or program"}
                                        : clean_text(reason, error_message_bytes_max);
    metadata["dispatch_attempts_before"] = b.dispatch_attempts;
    if (!b.reason.empty()) metadata["failure_before"] = b.reason;
    if (failed) {  // The one way past the guard of terminal beads (Kilo #2085).
        b.status = bead_status::open;
        b.closed_at.reset();
        b.assignee.reset();
    }
    clear_counters(b);
    b.updated_at = ctx.now;
    forget_failure(b);
    ctx.store.put_bead(b);
    if (failed) reopen_convoy_of(ctx, b.id);
    add_event(ctx, b.id, failed ? "reopened" : "retried", std::nullopt, before,
              std::string{to_text(b.status)}, metadata);
    ctx.out.wake = true;
    if (ctx.store.failed()) return *ctx.store.failed();
    return b;
}

result<bead> reset_bead(context& ctx, const bead_id& id) {
    auto found = find_work(ctx, id);
    if (!found) return found.error();
    bead b = *std::move(found);
    if (b.status == bead_status::failed) return retry_bead(ctx, id, "reset by a person or program");
    if (b.status == bead_status::closed)
        return failure{errc::conflict, "bead " + b.id + " is closed: there is nothing to begin"};
    json before;
    before["reason"] = "reset by a person or program";
    before["dispatch_attempts_before"] = b.dispatch_attempts;
    for (const auto& link : ctx.store.reviews_of(id)) {
        auto request =
            is_terminal(link.status) ? std::nullopt : ctx.store.find_bead(link.merge_request);
        if (request) cancel_bead(ctx, *request, bead_status::failed, "its work was reset");
    }
    give_back(ctx, b, "reset by a person or program", std::nullopt);
    clear_counters(b);
    ctx.store.put_bead(b);
    add_event(ctx, b.id, "reset", std::nullopt, std::nullopt, std::string{to_text(b.status)},
              before);
    ctx.out.wake = true;
    if (ctx.store.failed()) return *ctx.store.failed();
    return b;
}

result<void> delete_bead(context& ctx, const bead_id& id) {
    auto found = find_work(ctx, id);
    if (!found) return found.error();
    take_off(ctx, id, "its bead was deleted");
    ctx.store.delete_bead(id);
    ctx.out.wake = true;
    if (ctx.store.failed()) return *ctx.store.failed();
    return {};
}

void unpark(context& ctx, const std::optional<rig_id>& rig) {
    for (auto& b : ctx.store.load_live().beads) {
        if (!b.parked || (rig && b.rig != rig)) continue;
        b.parked = false;
        b.next_attempt_at.reset();
        b.updated_at = ctx.now;
        ctx.store.put_bead(b);
        ctx.out.wake = true;
    }
}

}  // namespace townd::town
