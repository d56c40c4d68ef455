#include "town/landing.hpp"

namespace townd::town {
namespace {

store::convoy convoy_row(context& ctx, const bead_id& id) {
    auto row = ctx.store.find_convoy(id);
    if (row) return *std::move(row);
    store::convoy out;
    out.id = id;
    return out;
}

// One more try, whatever comes of it.
void count_try(context& ctx, bead& b) {
    json metadata = object_in(b.metadata_json);
    metadata["landing_mr_attempts"] = number_at(metadata, "landing_mr_attempts").value_or(0) + 1;
    metadata["last_landing_mr_attempt_at"] = to_rfc3339(ctx.now);
    metadata["ready_to_land"] = true;
    b.metadata_json = dump_json(metadata);
}

}  // namespace

void count(context& ctx, const count_convoy& what) {
    auto row = convoy_row(ctx, what.convoy);
    row.total_beads = what.total;
    row.closed_beads = what.closed;
    ctx.store.put_convoy(row);
    ctx.out.wake = true;
}

void land(context& ctx, const land_convoy& what) {
    auto b = ctx.store.find_bead(what.convoy);
    if (!b || is_terminal(b->status)) return;
    count_try(ctx, *b);
    b->updated_at = ctx.now;
    ctx.out.wake = true;
    const auto row = convoy_row(ctx, b->id);
    const auto home = b->rig ? ctx.store.find_rig(*b->rig) : std::nullopt;
    std::string missing;
    if (!row.feature_branch || row.feature_branch->empty()) missing = "it has no feature branch";
    if (!home) missing = "its rig does not exist";
    if (!missing.empty()) {
        b->reason = "cannot land: " + missing;
        ctx.store.put_bead(*b);
        return;
    }
    ctx.store.put_bead(*b);
    bead request;
    request.id = ctx.from.new_id();
    request.type = bead_type::merge_request;
    request.title = "Land: " + b->title;
    request.rig = b->rig;
    request.priority = b->priority;
    request.labels = {"gt:merge-request", "gt:convoy"};
    json metadata;
    metadata["source_bead_id"] = b->id;
    metadata["convoy_id"] = b->id;
    request.metadata_json = dump_json(metadata);
    request.created_by = "townd";
    request.created_at = request.updated_at = ctx.now;
    ctx.store.insert_bead(request);
    review r;
    r.id = request.id;
    r.branch = *row.feature_branch;
    r.target_branch = home->default_branch;
    r.source = b->id;
    ctx.store.insert_review(r);
    add_event(ctx, request.id, "created");
    add_event(ctx, b->id, "review_submitted", std::nullopt, std::nullopt, request.id);
}

void end(context& ctx, const end_convoy& what, std::string_view reason) {
    auto b = ctx.store.find_bead(what.convoy);
    if (!b || is_terminal(b->status)) return;
    if (what.landed) {
        auto row = convoy_row(ctx, b->id);
        row.landed_at = ctx.now;
        ctx.store.put_convoy(row);
    }
    set_status(ctx, *b, what.landed ? bead_status::closed : bead_status::failed, reason);
    if (what.landed)
        ctx.note("convoy_landed", "convoy " + b->title + ": " + std::string{reason});
    else
        ctx.warn("convoy_failed", "convoy " + b->title + ": " + std::string{reason});
}

}  // namespace townd::town
