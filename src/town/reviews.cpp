// Merge requests: how they are made and how they end.

#include "town/callbacks.hpp"
#include "town/outcomes.hpp"

namespace townd::town {
namespace {

// Where work of a convoy that lands as a whole is merged to, and all else.
std::string target_of(context& ctx, const bead& source) {
    const auto metadata = parse_json(source.metadata_json);
    if (metadata && metadata->is_object())
        if (const auto branch = text_at(*metadata, "convoy_feature_branch");
            branch && !branch->empty())
            return *branch;
    const auto home = source.rig ? ctx.store.find_rig(*source.rig) : std::nullopt;
    return home ? home->default_branch : review{}.target_branch;
}

}  // namespace

bead_id make_merge_request(context& ctx, const bead& source, const std::optional<agent_id>& by,
                           const done_report& report) {
    for (const auto& link : ctx.store.reviews_of(source.id))
        if (!is_terminal(link.status)) return link.merge_request;
    bead b;
    b.id = ctx.from.new_id();
    b.type = bead_type::merge_request;
    b.title = "Review: " + source.title;
    if (report.summary) b.body = report.summary;
    b.rig = source.rig;
    b.priority = source.priority;
    b.labels = {"gt:merge-request"};
    json metadata;
    metadata["source_bead_id"] = source.id;
    if (by) metadata["source_agent_id"] = *by;
    b.metadata_json = dump_json(metadata);
    b.created_by = by.value_or("townd");
    b.created_at = ctx.now;
    b.updated_at = ctx.now;
    ctx.store.insert_bead(b);
    review r;
    r.id = b.id;
    r.branch = report.branch;
    r.target_branch = target_of(ctx, source);
    if (report.pr_url && report.pr_url->starts_with("https://")) r.pr_url = report.pr_url;
    r.source = source.id;
    ctx.store.insert_review(r);
    ctx.store.add_dependency({b.id, source.id, "tracks", std::nullopt});
    add_event(ctx, b.id, "created", by);
    add_event(ctx, source.id, "review_submitted", by, std::nullopt, b.id);
    ctx.out.wake = true;
    return b.id;
}

result<void> review_completed(context& ctx, const bead_id& id, review_verdict said,
                              std::string_view message, const std::optional<std::string>& commit) {
    auto request = ctx.store.find_bead(id);
    if (!request || request->type != bead_type::merge_request)
        return failure{errc::not_found, "Review queue entry " + id + " not found"};
    if (is_terminal(request->status)) return {};
    const bool merged = said == review_verdict::merged;
    const std::string words =
        clean_text(message.empty() ? (merged ? "merged" : "review failed") : message, 500);
    auto r = ctx.store.find_review(id);
    if (r && merged) {
        r->merge_commit = commit;
        ctx.store.put_review(*r);
    }
    set_status(ctx, *request, merged ? bead_status::closed : bead_status::failed, words);
    add_event(ctx, id, "review_completed", std::nullopt, std::nullopt,
              std::string{merged                             ? "merged"
                          : said == review_verdict::conflict ? "conflict"
                                                             : "failed"});
    if (r && r->source) {
        if (auto source = ctx.store.find_bead(*r->source); source && !is_terminal(source->status)) {
            if (source->type == bead_type::convoy) {
                ctx.out.wake = true;  // What follows is the convoy rules' to say.
            } else if (merged) {
                set_status(ctx, *source, bead_status::closed, "merged");
            } else {
                // A review that failed is a session of the work that failed: a new merge request
                // for each try must not start the count anew (C11, Kilo #2260).
                ++source->dispatch_attempts;
                source->assignee.reset();
                set_status(ctx, *source, bead_status::open, "review failed: " + words);
                ctx.store.put_bead(*source);
            }
        }
    }
    for (auto& a : ctx.store.agents()) {
        if (a.hook != id) continue;
        auto d = live_dispatch(ctx, a.id);
        // The word may be that of the session before: a start without an outcome keeps its slot,
        // and the rules stop what comes up.
        if (d && !d->is_settled()) continue;
        finish(ctx, a, d, words);
    }
    return {};
}

}  // namespace townd::town
