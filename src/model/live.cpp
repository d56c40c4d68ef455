// What a tick decides over. Only live rows are looked at: the cost does not grow with finished
// work. The orders are those of the indexes that SQLite reads, see store/live_sql.hpp.

#include "model/handle.hpp"
#include "store/kept.hpp"

namespace townd::model {
namespace {

constexpr std::size_t bad_rows_max = 100;

void refuse(live_rows& out, std::string_view table, const std::string& id, std::string_view why) {
    if (out.bad.size() < bad_rows_max)
        out.bad.push_back({std::string{table}, id, std::string{why}});
}

}  // namespace

live_rows memory_town_store::load_live() {
    live_rows out;
    if (!may_run("reading the town")) return out;
    read_rows(out);
    read_edges(out);
    read_convoys(out);
    read_concerns(out);
    out.stops.reserve(tables_.stops.rows().size());
    for (const auto& [agent, stop] : tables_.stops.rows()) {
        out.stops.push_back(stop);
        if (const auto* last = tables_.dispatches.index().last_of(agent))
            out.stops.back().bead = last->value.bead;
    }
    return out;
}

void memory_town_store::read_rows(live_rows& out) const {
    const auto& index = tables_.beads.index();
    out.beads.reserve(index.live().size());
    for (const auto* row : index.live())
        out.beads.push_back(row->value);
    out.agents.reserve(index.agents().size());
    for (const auto* row : index.agents()) {
        if (auto found = agent_of(*row))
            out.agents.push_back(*std::move(found));
        else
            refuse(out, "agent_metadata", row->value.id,
                   "it has no row with an identity in agent_metadata");
    }
    out.rigs.reserve(tables_.rigs.rows().size());
    for (const auto& [rowid, row] : tables_.rigs.rows())
        out.rigs.push_back(row.value);
    const auto [first, last] = index.live_of(bead_type::merge_request, std::nullopt);
    for (auto at = first; at != last; ++at) {
        if (auto found = review_of(**at))
            out.reviews.push_back(*std::move(found));
        else
            refuse(out, "review_metadata", (*at)->value.id,
                   "it has no row with a branch in review_metadata");
    }
    out.dispatches.reserve(tables_.dispatches.index().live().size());
    for (const auto* row : tables_.dispatches.index().live())
        out.dispatches.push_back(row->value);
}

void memory_town_store::read_edges(live_rows& out) const {
    const auto& edges = tables_.dependencies.index();
    if (tables_.dependencies.rows().empty()) return;
    const auto& index = tables_.beads.index();
    for (const auto* row : index.live())
        for (const auto* edge : edges.of(row->value.id))
            if (edge->type == "blocks")
                out.dependencies.push_back({edge->bead, edge->on, edge->type, status_of(edge->on)});
    const auto [first, last] = index.live_of(bead_type::issue, bead_status::in_review);
    for (auto at = first; at != last; ++at)
        for (const auto* edge : edges.to((*at)->value.id)) {
            if (edge->type != "tracks") continue;
            const auto* from = tables_.beads.find(edge->bead);
            if (from != nullptr && from->value.type == bead_type::merge_request)
                out.links.push_back({edge->on, edge->bead, from->value.status});
        }
    for (const auto& [convoy, yes] : tables_.staged.rows())
        for (const auto* edge : edges.to(convoy)) {
            if (edge->type != "tracks") continue;
            const auto* from = tables_.beads.find(edge->bead);
            if (from != nullptr && from->value.type == bead_type::issue &&
                !is_terminal(from->value.status))
                out.staged.push_back(edge->bead);
        }
}

void memory_town_store::read_convoys(live_rows& out) const {
    const auto [first, last] = tables_.beads.index().live_of(bead_type::convoy, std::nullopt);
    for (auto at = first; at != last; ++at) {
        const bead& b = (*at)->value;
        convoy_standing c;
        c.id = b.id;
        store::read_landing(b.metadata_json, c);
        if (const auto* kept = tables_.convoys.find(b.id)) {
            c.counted_total = kept->total_beads;
            c.counted_closed = kept->closed_beads;
            c.feature_branch = kept->feature_branch;
            c.lands_by_review = kept->merge_mode != "review-and-merge";
            c.staged = kept->staged;
        }
        for (const auto* edge : tables_.dependencies.index().to(b.id)) {
            const auto* from = edge->type == "tracks" ? tables_.beads.find(edge->bead) : nullptr;
            if (from != nullptr)
                store::count_member(c, edge->bead, to_text(from->value.type),
                                    to_text(from->value.status));
        }
        out.convoys.push_back(std::move(c));
    }
}

void memory_town_store::read_concerns(live_rows& out) const {
    for (const auto& b : out.beads) {
        auto about = store::concern_of(b);
        if (!about) continue;
        const auto* kept =
            b.type == bead_type::escalation ? tables_.escalations.find(b.id) : nullptr;
        if (kept != nullptr) {
            about->acknowledged = kept->acknowledged;
            about->repeats = kept->re_escalation_count;
            about->kind = kept->category;
        }
        out.concerns.push_back(*std::move(about));
    }
}

}  // namespace townd::model
