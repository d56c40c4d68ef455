#include "town/rework.hpp"

#include <algorithm>

#include "town/sessions.hpp"

namespace townd::town {
namespace {

constexpr std::size_t feedback_bytes_max = 16 * 1024;
constexpr std::size_t file_bytes_max = 300;
constexpr std::string_view review_prefix = "Review: ";

int attempts_max(context& ctx, const bead& work) {
    const auto home = work.rig ? ctx.store.find_rig(*work.rig) : std::nullopt;
    if (home && home->max_dispatch_attempts) return std::max(1, *home->max_dispatch_attempts);
    return ctx.with.rules.dispatch.max_attempts;
}

// The rework that this dispatch asked for before; an adopted session, which has none, is known by
// its agent as long as its rework is not over.
std::optional<bead_id> asked_before(context& ctx, const bead& request, const agent_id& by,
                                    const named_dispatch& session) {
    for (const auto& edge : ctx.store.dependencies_of(request.id)) {
        if (edge.type != "blocks") continue;
        const auto b = ctx.store.find_bead(edge.on);
        if (!b || !b->has_label(rework_label)) continue;
        const json metadata = object_in(b->metadata_json);
        const bool same = session ? text_at(metadata, "dispatch_id") == session
                                  : text_at(metadata, "source_agent_id") == by;
        if (same && (session || !is_terminal(b->status))) return b->id;
    }
    return std::nullopt;
}

// The same for a call that comes late, when its agent has other work by now.
std::optional<bead_id> asked_by(context& ctx, const agent_id& by, const named_dispatch& named) {
    const auto d = named ? ctx.store.find_dispatch(*named) : std::nullopt;
    if (!d || d->agent != by) return std::nullopt;
    const auto request = ctx.store.find_bead(d->bead);
    return request ? asked_before(ctx, *request, by, named) : std::nullopt;
}

std::string body_of(const wanted_changes& wanted) {
    std::string out = wanted.feedback;
    if (!wanted.files.empty()) out += "\n\nFiles:";
    for (const auto& file : wanted.files)
        out += "\n- " + clean_text(file, file_bytes_max);
    return out;
}

bead make_rework(context& ctx, const bead& request, const review& r, const agent_id& by,
                 const named_dispatch& session, const wanted_changes& wanted) {
    json metadata;
    metadata["source_bead_id"] = request.id;
    metadata["source_agent_id"] = by;
    if (session) metadata["dispatch_id"] = *session;
    metadata["branch"] = r.branch;
    metadata["feedback"] = cut_text(wanted.feedback, feedback_bytes_max);
    metadata["files"] = json::array();
    for (const auto& file : wanted.files)
        metadata["files"].push_back(clean_text(file, file_bytes_max));
    bead b;
    b.id = ctx.from.new_id();
    std::string_view title = request.title;
    if (title.starts_with(review_prefix)) title.remove_prefix(review_prefix.size());
    b.title = "Rework: " + std::string{title};
    b.body = body_of(wanted);
    b.rig = request.rig;
    b.labels = {std::string{rework_label}};
    b.priority = request.priority;
    b.metadata_json = dump_json(metadata);
    b.created_by = by;
    b.created_at = b.updated_at = ctx.now;
    ctx.store.insert_bead(b);
    ctx.store.add_dependency({request.id, b.id, "blocks", std::nullopt});
    add_event(ctx, b.id, "created", by);
    add_event(ctx, request.id, "rework_requested", by, std::nullopt, b.id);
    return b;
}

result<changes_answer> refuse_round(context& ctx, agent& a, std::optional<dispatch>& d,
                                    const bead& request, int rounds) {
    changes_answer out;
    out.refusal = "changes were requested " + std::to_string(rounds) +
                  " times: the merge request failed, its work begins anew";
    auto failed =
        review_completed(ctx, request.id, review_verdict::failed, out.refusal, std::nullopt);
    if (!failed) return failed.error();
    finish(ctx, a, d, changes_requested);
    if (ctx.store.failed()) return *ctx.store.failed();
    return out;
}

}  // namespace

result<changes_answer> request_changes(context& ctx, const agent_id& id,
                                       const named_dispatch& named, const wanted_changes& wanted) {
    auto a = ctx.store.find_agent(id);
    if (!a) return failure{errc::not_found, "Agent " + clean_text(id, 80) + " not found"};
    if (auto known = asked_by(ctx, id, named)) return changes_answer{known, {}};
    auto d = newest_dispatch(ctx, id);
    auto request = work_of(ctx, *a, d);
    if (ctx.store.failed()) return *ctx.store.failed();
    if (a->role != agent_role::refinery || !request || request->type != bead_type::merge_request)
        return failure{errc::conflict,
                       "agent " + clean_text(a->name, 80) +
                           " reviews no merge request: only its refinery requests changes"};
    const auto session = named ? named : d ? named_dispatch{d->id} : std::nullopt;
    if (auto known = asked_before(ctx, *request, id, session)) return changes_answer{known, {}};
    if (is_stale(ctx, d, named, *a, "request-changes") || is_terminal(request->status))
        return failure{errc::conflict, "the review of merge request " + request->id + " is over"};
    auto r = ctx.store.find_review(request->id);
    if (!r) return failure{errc::conflict, "merge request " + request->id + " names no branch"};
    if (r->rework_rounds >= attempts_max(ctx, *request))
        return refuse_round(ctx, *a, d, *request, r->rework_rounds);

    changes_answer out;
    out.rework = make_rework(ctx, *request, *r, id, session, wanted).id;
    ++r->rework_rounds;
    ctx.store.put_review(*r);
    reward(ctx, *request, d);
    request->assignee.reset();
    set_status(ctx, *request, bead_status::open, changes_requested, id);
    ctx.store.put_bead(*request);
    finish(ctx, *a, d, changes_requested);
    if (ctx.store.failed()) return *ctx.store.failed();
    return out;
}

}  // namespace townd::town
