#include "town/concerns.hpp"

#include <algorithm>

#include "town/mail.hpp"
#include "townd/decide/reconcile.hpp"

namespace townd::town {
namespace {

bool is_open(context& ctx, std::string_view kind, const std::optional<bead_id>& bead,
             const std::optional<agent_id>& agent) {
    const auto rows = ctx.store.load_live();
    return std::any_of(rows.concerns.begin(), rows.concerns.end(), [&](const concern& c) {
        return c.kind == kind && c.about_bead == bead && (!agent || c.about_agent == agent);
    });
}

int open_requests(context& ctx) {
    const auto rows = ctx.store.load_live();
    return static_cast<int>(std::count_if(rows.beads.begin(), rows.beads.end(), [](const bead& b) {
        return b.has_label(triage_request_label);
    }));
}

bead new_bead_of(context& ctx, bead_type type, std::string title,
                 const std::optional<rig_id>& rig) {
    bead b;
    b.id = ctx.from.new_id();
    b.type = type;
    b.title = std::move(title);
    b.rig = rig;
    b.created_at = b.updated_at = ctx.now;
    return b;
}

}  // namespace

void open_request(context& ctx, const open_triage& what) {
    if (is_open(ctx, what.kind, what.bead, what.agent)) return;
    if (open_requests(ctx) >= triage_open_max) {
        ctx.note("triage_full", "not opened, " + std::to_string(triage_open_max) +
                                    " requests are open: " + what.title);
        return;
    }
    bead b = new_bead_of(ctx, bead_type::issue, what.title, what.rig);
    b.labels = {std::string{triage_request_label}};
    b.created_by = patrol;
    json metadata;
    metadata["triage_type"] = what.kind;
    if (what.agent) metadata["agent_bead_id"] = *what.agent;
    if (what.bead) metadata["hooked_bead_id"] = *what.bead;
    metadata["context"] = what.title;
    metadata["options"] = {"RESTART",       "CLOSE_BEAD", "ESCALATE_TO_MAYOR", "NUDGE",
                           "REASSIGN_BEAD", "DISCARD",    "PROVIDE_GUIDANCE"};
    b.metadata_json = dump_json(metadata);
    ctx.store.insert_bead(b);
    add_event(ctx, b.id, "created", std::nullopt, std::nullopt, what.kind);
    ctx.note("triage_opened", what.title);
    ctx.out.wake = true;
}

void start_batch(context& ctx, const start_triage& what) {
    bead b = new_bead_of(ctx, bead_type::issue,
                         "Triage " + std::to_string(what.requests.size()) + " request" +
                             (what.requests.size() == 1 ? "" : "s"),
                         what.rig);
    b.labels = {std::string{triage_label}};
    b.created_by = patrol;
    json metadata;
    metadata["requests"] = what.requests;
    b.metadata_json = dump_json(metadata);
    ctx.store.insert_bead(b);
    add_event(ctx, b.id, "created", std::nullopt, std::nullopt, std::string{triage_label});
    for (const auto& id : what.requests) {
        auto request = ctx.store.find_bead(id);
        if (!request || is_terminal(request->status)) continue;
        json known = object_in(request->metadata_json);
        known["triage_batches"] = number_at(known, "triage_batches").value_or(0) + 1;
        request->metadata_json = dump_json(known);
        ctx.store.put_bead(*request);
    }
    ctx.out.wake = true;
}

void escalate_once(context& ctx, const townd::escalate& what) {
    if (is_open(ctx, what.category, what.about, std::nullopt)) return;
    bead b = new_bead_of(ctx, bead_type::escalation, what.title, what.rig);
    b.labels = {"gt:escalation", "severity:medium"};
    b.created_by = "townd";
    json metadata = json::object();
    if (what.about) metadata["source_bead_id"] = *what.about;
    b.metadata_json = dump_json(metadata);
    ctx.store.insert_bead(b);
    ctx.store.put_escalation({b.id, "medium", what.category, false, std::nullopt, 0});
    add_event(ctx, what.about.value_or(b.id), "escalated", std::nullopt, std::nullopt, b.id);
    ctx.warn("escalated", what.title);
    notify_mayor(ctx, "Escalation: " + what.title,
                 "It is told again until somebody acknowledges escalation " + b.id + ".");
    ctx.out.wake = true;
}

void escalate_again(context& ctx, const bead_id& id) {
    const auto b = ctx.store.find_bead(id);
    if (!b || is_terminal(b->status)) return;
    store::escalation e{id, std::string{to_text(b->priority)}, "", false, std::nullopt, 0};
    if (auto known = ctx.store.find_escalation(id)) e = *std::move(known);
    if (e.acknowledged) return;
    ++e.re_escalation_count;
    ctx.store.put_escalation(e);
    add_event(ctx, id, "escalated", std::nullopt, std::nullopt,
              std::to_string(e.re_escalation_count));
    ctx.warn("escalated_again", b->title);
    notify_mayor(ctx, "Still open: " + b->title,
                 "Escalation " + id + " was not acknowledged so far.");
    ctx.out.wake = true;
}

}  // namespace townd::town
