// Merge requests, escalations and convoys.

#include "model/handle.hpp"
#include "model/kept.hpp"

namespace townd::model {
namespace {

review kept_review(const review& r) {
    review out = r;
    out.branch = cut_text(r.branch, title_bytes_max);
    out.target_branch = cut_text(r.target_branch, title_bytes_max);
    out.source.reset();  // An edge, not a column. And of the metadata:
    out.pr_news_at.reset();
    out.polled_at.reset();
    out.poll_transient = out.poll_invalid = 0;
    out.awaiting_approval = out.auto_merge = false;
    return out;
}

}  // namespace

void memory_town_store::put_review_source(const review& r) {
    if (!r.source) return;
    const auto& edges = tables_.dependencies.index();
    for (const auto* row : edges.of(r.id))
        if (row->type == "tracks") return;
    if (edges.find(r.id, *r.source) != nullptr) return refuse_duplicate("writing a review");
    tables_.dependencies.insert({0, r.id, *r.source, "tracks"});
    ++changes_;
}

void memory_town_store::insert_review(const review& r) {
    constexpr std::string_view doing = "writing a review";
    if (!may_run(doing) || !row_fits(doing, r.id, r.merge_commit, r.pr_url)) return;
    if (tables_.reviews.find(r.id) != nullptr) return refuse_duplicate(doing);
    tables_.reviews.put(r.id, kept_review(r));
    ++changes_;
    put_review_source(r);
}

std::optional<review> memory_town_store::review_of(const bead_row& row) const {
    const auto* kept = tables_.reviews.find(row.value.id);
    if (kept == nullptr) return std::nullopt;
    std::optional<review> out{*kept};
    const dependency_row* first = nullptr;
    for (const auto* edge : tables_.dependencies.index().of(row.value.id))
        if (edge->type == "tracks" && (first == nullptr || edge->rowid < first->rowid))
            first = edge;
    if (first != nullptr)
        out->source = first->on;
    else
        out->source = source_in_metadata(row.value.metadata_json);
    store::read_pull_request(row.value.metadata_json, *out);
    return out;
}

std::optional<review> memory_town_store::find_review(std::string_view id) {
    if (!may_read("reading a review", id)) return std::nullopt;
    const auto* row = tables_.beads.find(id);
    if (row == nullptr) return std::nullopt;
    return review_of(*row);
}

void memory_town_store::put_review(const review& r) {
    constexpr std::string_view doing = "writing a review";
    if (!may_run(doing) || !row_fits(doing, r.id, r.merge_commit, r.pr_url)) return;
    if (tables_.reviews.find(r.id) != nullptr) {
        tables_.reviews.put(r.id, kept_review(r));
        ++changes_;
    } else {
        fail(no_such_row("review", r.id));
    }
    put_review_source(r);
}

std::vector<review_link> memory_town_store::reviews_of(std::string_view source) {
    if (!may_read("reading the reviews of a bead", source)) return {};
    std::vector<review_link> out;
    for (const auto* edge : tables_.dependencies.index().to(source)) {
        if (edge->type != "tracks") continue;
        const auto* from = tables_.beads.find(edge->bead);
        if (from != nullptr && from->value.type == bead_type::merge_request)
            out.push_back({edge->on, edge->bead, from->value.status});
    }
    return out;
}

void memory_town_store::put_escalation(const escalation& e) {
    constexpr std::string_view doing = "writing an escalation";
    if (!may_run(doing) || !row_fits(doing, e.id, e.severity)) return;
    escalation kept = e;
    kept.category = cut_text(e.category, title_bytes_max);
    kept.acknowledged_at = kept_time(e.acknowledged_at);
    tables_.escalations.put(e.id, std::move(kept));
    ++changes_;
}

std::optional<escalation> memory_town_store::find_escalation(std::string_view id) {
    if (!may_read("reading an escalation", id)) return std::nullopt;
    const auto* found = tables_.escalations.find(id);
    if (found == nullptr) return std::nullopt;
    return *found;
}

void memory_town_store::put_convoy(const convoy& c) {
    constexpr std::string_view doing = "writing a convoy";
    if (!may_run(doing) || !row_fits(doing, c.id, c.feature_branch, c.merge_mode)) return;
    convoy kept = c;
    kept.landed_at = kept_time(c.landed_at);
    tables_.convoys.put(c.id, std::move(kept));
    ++changes_;
    if (c.staged)
        tables_.staged.put(c.id, true);
    else
        tables_.staged.erase(c.id);
}

std::optional<convoy> memory_town_store::find_convoy(std::string_view id) {
    if (!may_read("reading a convoy", id)) return std::nullopt;
    const auto* found = tables_.convoys.find(id);
    if (found == nullptr) return std::nullopt;
    return *found;
}

}  // namespace townd::model
