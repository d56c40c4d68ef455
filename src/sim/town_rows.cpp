// What the judge of a town makes of rows that became durable.

#include <algorithm>
#include <utility>

#include "sim/answers.hpp"
#include "sim/oracle.hpp"
#include "sim/town_judge.hpp"
#include "townd/decide/backoff.hpp"
#include "townd/decide/reconcile.hpp"

namespace townd::sim {
namespace {

constexpr duration rest_slack{600'000};  // Its last sign of life is older than the end of its work.

}  // namespace

void town_judge::committed(std::uint32_t town, const std::vector<row_change>& changes) {
    // Who is swept up is judged by how he stood before the same transaction.
    for (const auto& change : changes)
        if (const auto* gone = std::get_if<agent_gone>(&change)) check_swept(town, *gone);
    for (const auto& change : changes)
        std::visit([&](const auto& one) { take(town, one); }, change);
    // And what ended, by how all stood after it.
    for (const auto& change : changes) {
        const auto* put = std::get_if<bead_put>(&change);
        if (put == nullptr || !is_terminal(put->row.status)) continue;
        if (put->row.type == bead_type::convoy) convoy_ended(town, put->row);
    }
}

void town_judge::take(std::uint32_t town, const bead_put& put) {
    const bead& b = put.row;
    if (b.type == bead_type::agent) return;
    auto& home = towns_[town];
    const auto [at, fresh] = home.things.try_emplace(b.id);
    auto& row = at->second;
    const bool was_over = is_terminal(row.status);
    if (was_over && (row.closed_at != b.closed_at || row.assignee != b.assignee))
        broke("sweep", town, "bead " + b.id + " is over and was touched");
    row.type = b.type;
    row.status = b.status;
    row.parked = b.parked;
    row.assignee = b.assignee;
    row.closed_at = b.closed_at;
    row.reason = b.reason;
    row.notice = b.has_label("gt:notice");
    if (b.type == bead_type::convoy) static_cast<void>(home.convoys[b.id]);
    if (!b.metadata_json.empty()) take_triage(town, b, row, fresh);
    if (!was_over && is_terminal(b.status) && b.type == bead_type::merge_request)
        request_ended(town, b, row);
}

void town_judge::take(std::uint32_t town, const bead_gone& gone) {
    towns_[town].things.erase(gone.id);
}

// Each cause is bounded: the requests that it makes, and the batches that a request is in.
void town_judge::take_triage(std::uint32_t town, const bead& b, thing& row, bool fresh) {
    row.request = b.has_label("gt:triage-request");
    row.batch = b.has_label("gt:triage");
    if (!fresh) return;
    auto& things = towns_[town].things;
    if (row.request) {
        const auto about = things.find(std::string{text_in(b.metadata_json, "hooked_bead_id")});
        if (about == things.end()) return;
        // Two tiers call for it, in each session that the work may fail and one that was cut off.
        const int most = 2 * (2 * stage_.options.rules.dispatch.max_attempts + 2);
        if (++about->second.requests > most)
            broke("triage", town,
                  "triage was called " + std::to_string(about->second.requests) +
                      " times for bead " + about->first);
    }
    if (!row.batch) return;
    for (auto& [id, other] : things) {
        if (!other.request || b.metadata_json.find(id) == std::string::npos) continue;
        if (++other.batches > triage_batches_max)
            broke("triage", town,
                  "request " + id + " is in " + std::to_string(other.batches) + " batches");
    }
}

// What nobody merged is never closed as if somebody had.
void town_judge::request_ended(std::uint32_t town, const bead& b, const thing& row) {
    if (b.status == bead_status::closed) {
        const bool by_forge =
            std::any_of(row.prs.begin(), row.prs.end(),
                        [&](const std::string& url) { return merged_.contains(url); });
        if (!row.merged && !by_forge)
            broke("merge", town,
                  "merge request " + b.id + " is closed and nobody merged it: " + b.reason);
        return;
    }
    if (!row.source.empty()) {
        const auto source = towns_[town].things.find(row.source);
        if (source != towns_[town].things.end()) ++source->second.failed_reviews;
    }
    if (!is_good_text(b.reason))
        broke("I5", town, "merge request " + b.id + " failed and its reason is no text");
}

int town_judge::failed_reviews(std::uint32_t town, std::string_view bead) const {
    const thing* row = find(town, bead);
    return row == nullptr ? 0 : row->failed_reviews;
}

void town_judge::take(std::uint32_t town, const agent_put& put) {
    auto& row = towns_[town].agents[put.id];
    row.hook = put.hook.value_or("");
    row.mayor = put.role == agent_role::mayor;
    if (!row.hook.empty() || put.status != agent_status::idle) row.used = stage_.now();
    if (row.used == instant{}) row.used = stage_.now();
}

void town_judge::check_swept(std::uint32_t town, const agent_gone& gone) {
    const auto found = towns_[town].agents.find(gone.id);
    if (found == towns_[town].agents.end()) return;
    if (!found->second.hook.empty())
        broke("sweep", town,
              "agent " + gone.id + " was deleted while it held bead " + found->second.hook);
    if (stage_.now() - found->second.used < agent_kept - rest_slack)
        broke("sweep", town,
              "agent " + gone.id + " was deleted " + to_words(stage_.now() - found->second.used) +
                  " after its last work");
}

void town_judge::take(std::uint32_t town, const agent_gone& gone) {
    ++stage_.counts.swept;
    towns_[town].agents.erase(gone.id);
}

void town_judge::take(std::uint32_t town, const review_put& put) {
    auto& home = towns_[town];
    auto& row = home.things[put.row.id];
    row.type = bead_type::merge_request;
    row.source = put.row.source.value_or("");
    if (put.row.pr_url) row.prs.insert(*put.row.pr_url);
    if (put.row.rework_rounds > row.rounds) ++stage_.counts.reworks;
    row.rounds = put.row.rework_rounds;
    if (row.rounds > stage_.options.rules.dispatch.max_attempts)
        broke("review", town,
              "changes of merge request " + put.row.id + " were wanted " +
                  std::to_string(row.rounds) + " times");
    const auto convoy = home.convoys.find(row.source);
    if (!put.fresh || convoy == home.convoys.end()) return;
    convoy->second.landings.push_back(put.row.id);
    convoy->second.landed_at.push_back(stage_.now());
    check_landing(town, convoy->first, convoy->second);
}

void town_judge::check_landing(std::uint32_t town, const bead_id& id, const convoy_row& row) {
    const auto& tries = row.landed_at;
    if (tries.size() > static_cast<std::size_t>(landing_tries_max))
        broke("landing", town,
              "convoy " + id + " tried to land " + std::to_string(tries.size()) + " times");
    if (tries.size() < 2) return;
    const duration waited = tries.back() - tries[tries.size() - 2];
    const duration least =
        grown(landing_wait, static_cast<int>(tries.size()) - 2, landing_wait_max);
    if (waited < least)
        broke("landing", town,
              "convoy " + id + " tried to land again after " + to_words(waited) + ", before " +
                  to_words(least) + " were over");
    for (std::size_t i = 0; i + 1 < row.landings.size(); ++i)
        if (const thing* before = find(town, row.landings[i]);
            before != nullptr && !is_terminal(before->status))
            broke("landing", town, "convoy " + id + " has two landings under way");
}

void town_judge::take(std::uint32_t town, const convoy_put& put) {
    towns_[town].convoys[put.row.id].by_review =
        put.row.merge_mode == "review-then-land" && put.row.feature_branch.has_value();
}

void town_judge::take(std::uint32_t town, const edge_put& put) {
    auto& home = towns_[town];
    if (put.row.type == "blocks") home.waits.emplace_back(put.row.bead, put.row.on);
    const auto convoy = home.convoys.find(put.row.on);
    const thing* member = find(town, put.row.bead);
    if (put.row.type == "tracks" && convoy != home.convoys.end() &&
        (member == nullptr || member->type == bead_type::issue))
        convoy->second.members.push_back(put.row.bead);
}

// A convoy ends as its beads say, and never without a reason.
void town_judge::convoy_ended(std::uint32_t town, const bead& b) {
    const bool landed_well = b.status == bead_status::closed;
    ++(landed_well ? stage_.counts.convoys_landed : stage_.counts.convoys_failed);
    const thing* own = find(town, b.id);
    if (own != nullptr && own->by_word) return;
    const auto& row = towns_[town].convoys[b.id];
    if (!is_good_text(b.reason))
        broke("convoy", town, "convoy " + b.id + " is over and says no reason");
    int closed = 0;
    int failed = 0;
    for (const auto& id : row.members) {
        const thing* member = find(town, id);
        if (member == nullptr) continue;
        closed += member->status == bead_status::closed ? 1 : 0;
        failed += member->status == bead_status::failed ? 1 : 0;
    }
    const int all = static_cast<int>(row.members.size());
    int landed = 0;
    int not_landed = 0;
    for (const auto& id : row.landings) {
        const thing* landing = find(town, id);
        if (landing == nullptr) continue;
        landed += landing->status == bead_status::closed ? 1 : 0;
        not_landed += landing->status == bead_status::failed ? 1 : 0;
    }
    const std::string stood = std::to_string(closed) + " of " + std::to_string(all) +
                              " beads done, " + std::to_string(failed) + " failed";
    if (b.status == bead_status::closed) {
        if (closed != all) broke("convoy", town, "convoy " + b.id + " landed with " + stood);
        if (row.by_review && landed == 0)
            broke("convoy", town, "convoy " + b.id + " landed and nothing was merged");
        return;
    }
    if (failed == 0 && not_landed < landing_tries_max)
        broke("convoy", town,
              "convoy " + b.id + " failed with " + stood + " and " + std::to_string(not_landed) +
                  " failed landings: " + b.reason);
}

// Once for each tier, until there is progress again.
void town_judge::take(std::uint32_t town, const nudge_put& put) {
    auto& row = towns_[town].agents[put.agent];
    auto& told = row.nudges[put.urgent ? 1 : 0];
    ++stage_.counts.nudges;
    if (++told > 1)
        broke("nudge", town,
              "agent " + put.agent + " was nudged " + std::to_string(told) +
                  (put.urgent ? " times urgently" : " times") + " in one silence");
}

void town_judge::take(std::uint32_t town, const value_put& put) {
    auto& home = towns_[town];
    const std::string nonce{text_in(put.text, "nonce")};
    if (nonce == home.drain) return;
    home.drain = nonce;
    if (nonce.empty()) return;
    home.drain_since = stage_.now();
    ++stage_.counts.drains;
}

}  // namespace townd::sim
