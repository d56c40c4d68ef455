// What people and programs do to agents.

#include "town/agents.hpp"

#include <algorithm>

#include "town/beads.hpp"
#include "town/outcomes.hpp"
#include "townd/decide/names.hpp"

namespace townd::town {
namespace {

bool may_run(const agent& a) {
    return a.status != agent_status::idle && a.status != agent_status::dead;
}

std::string called(const agent& a) {
    return std::string{to_text(a.role)} + " " + clean_text(a.name, 80);
}

// Why the bead is no work for the agent; empty when it is.
std::string unfit(const agent& a, const bead& work) {
    const std::string type{to_text(work.type)};
    const bool mayors = work.type == bead_type::message || work.type == bead_type::molecule;
    const bool is_work = work.type == bead_type::issue || work.type == bead_type::merge_request ||
                         (mayors && a.role == agent_role::mayor);
    if (!is_work)
        return "a bead of type " + type + " is no work for a " + std::string{to_text(a.role)};
    if (work.has_label("gt:triage-request")) return "a triage request is no work by itself";
    if (is_terminal(work.status)) return "it is " + std::string{to_text(work.status)};
    // A review belongs to the rig's refinery and to nobody else; the rules start nothing otherwise.
    if (a.role != agent_role::mayor &&
        (work.type == bead_type::merge_request) != (a.role == agent_role::refinery))
        return "a " + std::string{to_text(a.role)} + " does not take beads of type " + type;
    if (work.type == bead_type::issue && work.status == bead_status::in_review)
        return "it is in review";
    if (a.rig && work.rig != a.rig) return "it belongs to another rig than the agent";
    return {};
}

// Takes one agent off what it does. An attempt whose outcome is not known yet keeps its slot: the
// rules settle it, and an agent that comes up without a hook is stopped again.
void release(context& ctx, agent a, const std::string& why) {
    auto d = live_dispatch(ctx, a.id);
    const bool runs = may_run(a) || d;
    if (d && d->is_settled()) {
        end_session(ctx, *d,
                    dispatch_error{error_code::cancelled, error_phase::agent, blame::caller, why},
                    why);
        if (auto fresh = ctx.store.find_agent(a.id)) a = *std::move(fresh);
    }
    rest(ctx, a, true, true, why);
    if (runs) order_stop(ctx, a.id, why, duration{0});
}

// A new agent's name and identity, both free. A row of another time may hold the identity under
// another name (E9), so both are looked at.
struct free_slot {
    std::string name;
    std::string identity;
};
free_slot find_free_slot(context& ctx, const std::vector<agent>& agents, agent_role role,
                         const std::optional<rig_id>& rig) {
    std::set<std::string> taken;
    for (;;) {
        free_slot slot;
        slot.name = free_name(agents, role, taken);
        slot.identity = identity_of(slot.name, role, rig, ctx.town);
        const bool used = std::any_of(agents.begin(), agents.end(),
                                      [&](const agent& a) { return a.identity == slot.identity; });
        if (!used) return slot;
        taken.insert(slot.name);
    }
}

// Who stands in the way of a new agent; null when nobody does.
const agent* rival(const std::vector<agent>& agents, const agent& wanted) {
    const auto found = std::find_if(agents.begin(), agents.end(), [&](const agent& a) {
        if (a.identity == wanted.identity) return true;
        if (a.role != wanted.role) return false;
        if (a.role == agent_role::mayor) return true;
        return a.rig == wanted.rig && (a.role == agent_role::refinery || a.name == wanted.name);
    });
    return found == agents.end() ? nullptr : &*found;
}

}  // namespace

result<agent> create_agent(context& ctx, agent_role role, std::string name, std::string identity,
                           const std::optional<rig_id>& rig) {
    agent a;
    a.id = ctx.from.new_id();
    a.role = role;
    if (role != agent_role::mayor) a.rig = rig;
    a.name = std::move(name);
    a.identity = std::move(identity);
    a.status_text = to_text(a.status);
    a.created_at = ctx.now;
    const auto agents = ctx.store.agents();
    if (const agent* other = rival(agents, a))
        return failure{errc::conflict,
                       called(*other) + " (" + clean_text(other->identity, 120) +
                           ") exists already: use it, or another name and identity"};
    ctx.store.insert_agent(a);
    add_event(ctx, a.id, "created", a.id, std::nullopt, std::string{to_text(role)});
    ctx.out.wake = true;
    if (ctx.store.failed()) return *ctx.store.failed();
    return a;
}

result<agent> get_or_create(context& ctx, agent_role role, const std::optional<rig_id>& rig) {
    const live_rows rows = ctx.store.load_live();
    if (ctx.store.failed()) return *ctx.store.failed();
    const town_view view(rows, ctx.facts, ctx.with.rules, ctx.now);
    const std::optional<rig_id> home = role == agent_role::mayor ? std::nullopt : rig;
    int count = 0;
    for (const auto& a : rows.agents) {
        if (a.role != role || a.rig != home) continue;
        if (role != agent_role::polecat) return a;
        ++count;
        if (a.status == agent_status::idle && !a.hook && !view.is_occupied(a) &&
            !view.is_stopping(a.id))
            return a;
    }
    if (role == agent_role::polecat && count >= view.max_polecats(home))
        return failure{errc::overloaded, "all " + std::to_string(count) +
                                             " polecats of the rig are busy; wait for "
                                             "one, or raise max_polecats_per_rig"};
    auto slot = find_free_slot(ctx, rows.agents, role, home);
    return create_agent(ctx, role, std::move(slot.name), std::move(slot.identity), home);
}

result<void> hook(context& ctx, const agent_id& id, const bead_id& work_id) {
    auto a = ctx.store.find_agent(id);
    if (!a) return missing(ctx, "agent", id);
    auto work = ctx.store.find_bead(work_id);
    if (!work) return missing(ctx, "bead", work_id);
    if (const std::string why = unfit(*a, *work); !why.empty())
        return failure{errc::conflict, "bead " + work->id + " cannot be hooked: " + why};
    if (a->hook == work->id) return {};
    if (a->hook)
        return failure{errc::conflict,
                       called(*a) + " holds bead " + *a->hook + ": unhook it first"};
    if (a->role != agent_role::mayor && (may_run(*a) || live_dispatch(ctx, a->id)))
        return failure{errc::conflict, called(*a) + " is " + std::string{to_text(a->status)} +
                                           ": wait until it rests, or unhook it"};
    take_off(ctx, work->id, "its bead was given to " + called(*a));
    work = ctx.store.find_bead(work->id);
    if (!work) return missing(ctx, "bead", work_id);
    // An issue that nobody is on any more begins anew; a review goes on where it is.
    if (work->type != bead_type::merge_request && work->status != bead_status::open)
        set_status(ctx, *work, bead_status::open, "given to " + called(*a), a->id);
    if (work->assignee != a->id) {
        add_event(ctx, work->id, "assigned", a->id, work->assignee, a->id);
        work->assignee = a->id;
    }
    work->updated_at = ctx.now;
    ctx.store.put_bead(*work);
    a->hook = work->id;
    if (a->status == agent_status::dead) a->status = agent_status::idle;
    if (a->status == agent_status::idle) a->status_text = to_text(a->status);
    ctx.store.put_agent(*a);
    add_event(ctx, work->id, "hooked", a->id, std::nullopt, a->id);
    ctx.out.wake = true;
    if (ctx.store.failed()) return *ctx.store.failed();
    return {};
}

result<void> unhook(context& ctx, const agent_id& id) {
    auto a = ctx.store.find_agent(id);
    if (!a) return missing(ctx, "agent", id);
    if (a->hook) release(ctx, *std::move(a), "unhooked by a person or program");
    if (ctx.store.failed()) return *ctx.store.failed();
    return {};
}

result<agent> reset_agent(context& ctx, const agent_id& id) {
    auto a = ctx.store.find_agent(id);
    if (!a) return missing(ctx, "agent", id);
    release(ctx, *a, "reset by a person or program");
    a = ctx.store.find_agent(id);
    if (!a) return missing(ctx, "agent", id);
    a->dispatch_attempts = 0;
    ctx.store.put_agent(*a);
    ctx.out.wake = true;
    if (ctx.store.failed()) return *ctx.store.failed();
    return *std::move(a);
}

void take_off(context& ctx, const bead_id& work, const std::string& why) {
    for (const auto& a : ctx.store.agents())
        if (a.hook == work) release(ctx, a, why);
}

result<void> delete_agent(context& ctx, const agent_id& id) {
    auto a = ctx.store.find_agent(id);
    if (!a) return missing(ctx, "agent", id);
    const auto d = live_dispatch(ctx, id);
    // Without its agent nobody would settle the attempt, and its bead would wait for ever.
    if (d && !d->is_settled())
        return failure{errc::conflict, "a start of " + called(*a) +
                                           " is in flight: try again when its outcome is known"};
    release(ctx, *std::move(a), "its agent was deleted");
    for (auto& b : ctx.store.load_live().beads) {
        if (b.assignee != id) continue;
        if (b.type == bead_type::message) {
            set_status(ctx, b, bead_status::closed, "its addressee is gone");
            continue;
        }
        b.assignee.reset();
        ctx.store.put_bead(b);
    }
    ctx.store.delete_agent(id);
    ctx.out.wake = true;
    if (ctx.store.failed()) return *ctx.store.failed();
    return {};
}

result<slung> sling(context& ctx, const rig_id& rig, std::string title,
                    std::optional<std::string> body, std::string metadata_json) {
    new_bead wanted;
    wanted.title = std::move(title);
    wanted.body = std::move(body);
    wanted.rig = rig;
    wanted.metadata_json = std::move(metadata_json);
    wanted.created_by = "sling";
    auto work = create_bead(ctx, wanted);
    if (!work) return work.error();
    auto on = get_or_create(ctx, agent_role::polecat, rig);
    if (!on) {
        // The work is kept; whoever is free first takes it.
        if (on.error().kind == errc::overloaded) return slung{*std::move(work), std::nullopt};
        return on.error();
    }
    if (auto hooked = hook(ctx, on->id, work->id); !hooked) return hooked.error();
    auto fresh_work = ctx.store.find_bead(work->id);
    auto fresh_agent = ctx.store.find_agent(on->id);
    if (!fresh_work || !fresh_agent) return missing(ctx, "bead", work->id);
    return slung{*std::move(fresh_work), std::move(fresh_agent)};
}

}  // namespace townd::town
