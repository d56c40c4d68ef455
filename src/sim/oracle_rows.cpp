// What the oracle makes of rows that became durable.

#include <algorithm>
#include <utility>

#include "sim/answers.hpp"
#include "sim/fleet_judge.hpp"
#include "sim/oracle.hpp"
#include "townd/decide/backoff.hpp"
#include "townd/decide/retry_desk.hpp"

namespace townd::sim {
namespace {

constexpr double backoff_share = 0.8;  // Jitter spreads a wait by a fifth.

duration shortest(duration wait) {
    return duration{static_cast<std::int64_t>(static_cast<double>(wait.count()) * backoff_share)} -
           duration{1};
}

std::string short_of(const dispatch& d) {
    return "dispatch " + d.id + " of bead " + d.bead;
}

}  // namespace

bool is_good_text(std::string_view text) noexcept {
    if (text.empty() || text.size() > error_message_bytes_max) return false;
    for (std::size_t i = 0; i < text.size();) {
        const auto c = static_cast<unsigned char>(text[i]);
        if (c < 0x20 || c == 0x7F) return false;
        const std::size_t more = c < 0x80 ? 0 : c >> 5U == 6 ? 1 : c >> 4U == 14 ? 2 : 3;
        if (c >= 0x80 && (c < 0xC2 || c > 0xF4)) return false;
        for (std::size_t k = 1; k <= more; ++k)
            if (i + k >= text.size() || (static_cast<unsigned char>(text[i + k]) >> 6U) != 2)
                return false;
        i += more + 1;
    }
    return true;
}

void oracle::committed(std::uint32_t town, const std::vector<row_change>& changes) {
    if (stage_.fleet != nullptr) stage_.fleet->committed(stage_.now(), town, changes);
    if (stage_.options.oracle) town_judge_.committed(town, changes);
    for (const auto& change : changes)
        std::visit([&](const auto& one) { take(town, one); }, change);
    stage_.record(70, town, changes.size());
    towns_[town].touched = true;
}

void oracle::take(std::uint32_t town, const bead_put& put) {
    const bead& b = put.row;
    if (b.type != bead_type::issue && b.type != bead_type::merge_request) return;
    auto& row = towns_[town].beads[b.id];
    const bool was_over = is_terminal(row.status);
    row.type = b.type;
    row.known = true;
    if (was_over && b.status != row.status && !std::exchange(row.taken_back, false))
        broke("I3", town,
              "bead " + b.id + " was " + std::string{to_text(row.status)} + " and became " +
                  std::string{to_text(b.status)});
    row.status = b.status;
    row.parked = b.parked;
    row.reason = b.reason;
    if (!was_over && is_terminal(b.status)) bead_ended(town, b, row);
}

void oracle::bead_ended(std::uint32_t town, const bead& b, const bead_row& row) {
    const bool failed = b.status == bead_status::failed;
    stage_.record(71, town, failed ? 1 : 0);
    if (b.type == bead_type::issue) {
        ++stage_.counts.beads_closed;
        if (failed) {
            --stage_.counts.beads_closed;
            ++stage_.counts.beads_failed;
        }
    }
    if (stage_.options.watch != nullptr)
        stage_.options.watch->bead_ended(stage_.now(), static_cast<int>(town), b);
    if (!failed) return;
    if (!is_good_text(b.reason))
        broke("I5", town, "bead " + b.id + " failed and its reason is no text: " + b.reason);
    if (b.type == bead_type::merge_request || town_judge_.was_ended(town, b.id)) return;
    if (b.has_label("gt:triage")) return;  // Not work: it pays for itself, whatever ended it.
    const int of_its_own = row.own_failures + town_judge_.failed_reviews(town, b.id);
    if (stage_.fleet == nullptr && of_its_own < stage_.options.rules.dispatch.max_attempts)
        broke("blame", town,
              "bead " + b.id + " failed after " + std::to_string(of_its_own) +
                  " failures of its own: " + b.reason);
}

void oracle::take(std::uint32_t town, const bead_gone& gone) {
    towns_[town].beads.erase(gone.id);
}

void oracle::take(std::uint32_t town, const dispatch_put& put) {
    const dispatch& d = put.row;
    auto& home = towns_[town];
    if (d.charged_bead) {
        auto& bead = home.beads[d.bead];
        if (home.charged.insert(d.id).second) {
            ++bead.charged;
        }
        // What is charged for a session may be taken back; a start is charged when it is refused.
        const bool refused = d.error && d.error->code() == error_code::http_4xx;
        if (!d.started_at && !refused)
            broke("blame", town,
                  short_of(d) + " was charged to the bead and never began: " +
                      (d.error ? d.error->message() : "no error"));
    } else if (home.charged.erase(d.id) > 0) {
        // Taken back: it was done after all, or not its fault. It waits for nothing, then.
        auto& bead = home.beads[d.bead];
        --bead.charged;
        bead.not_before = {};
        bead.taken_back = true;
    }
    const auto found = home.live.find(d.id);
    if (d.is_settled())  // By a heartbeat, perhaps, before its answer came.
        for (auto& [key, b] : home.breakers)
            b.probes.erase(d.id);
    if (d.is_live()) {
        if (d.deadline_at == instant{} || d.grace_at < d.deadline_at)
            broke("S2", town, short_of(d) + " is live and has no deadline");
        if (d.state == dispatch_state::unknown && !d.error)
            broke("I5", town, short_of(d) + " is unknown without an error");
        auto& row = found == home.live.end() ? home.live[d.id] : found->second;
        const bool sent = row.sent;
        row = row_of(d, sent);
        return;
    }
    const bool was_live = found != home.live.end();
    if (was_live) home.live.erase(found);
    if (was_live || d.state == dispatch_state::failed) settled_badly(town, d);
}

oracle::dispatch_row oracle::row_of(const dispatch& d, bool sent) {
    const bool leased = std::any_of(d.admissions.begin(), d.admissions.end(),
                                    [](const auto& a) { return a.key == lease_admission_key; });
    return {d.bead, d.agent, d.rig.value_or(""), d.role, d.state, d.attempt, sent, leased};
}

// The end of an attempt: what it must say, and how long its bead waits at least.
void oracle::settled_badly(std::uint32_t town, const dispatch& d) {
    if (d.outcome != attempt_outcome::failure && d.state != dispatch_state::neutral) return;
    if (!d.error || !is_good_text(d.error->message()))
        broke("I5", town, short_of(d) + " failed without a text");
    if (d.outcome != attempt_outcome::failure || d.ended_at != stage_.now()) return;
    auto& bead = towns_[town].beads[d.bead];
    if (bead.known && !is_terminal(bead.status) && bead.type == bead_type::issue &&
        !is_good_text(bead.reason))
        broke("I5", town, "bead " + d.bead + " waits after a failure and says no reason");
    const auto& rules = stage_.options.rules.dispatch;
    duration wait = rules.retry_backoff;
    if (d.error && d.error->level == charge_level::bead)
        wait = grown(rules.work_backoff, bead.charged - 1, rules.max_backoff);
    if (d.role != agent_role::mayor) bead.not_before = stage_.now() + shortest(wait);
}

void oracle::take(std::uint32_t, const agent_put&) {}

void oracle::take(std::uint32_t town, const stop_put& put) {
    if (put.gone)
        towns_[town].stops.erase(put.agent);
    else
        towns_[town].stops.insert(put.agent);
}

void oracle::take(std::uint32_t town, const breaker_put& put) {
    auto& rows = towns_[town].breakers;
    if (put.state_json.empty()) {
        rows.erase(put.key);
        return;
    }
    auto& row = rows[put.key];
    const auto state = parse_breaker_state(text_in(put.state_json, "state"));
    const auto generation = static_cast<std::uint64_t>(number_in(put.state_json, "generation"));
    if (generation != row.generation) row.probes.clear();
    row.state = state.value_or(breaker_state::open);
    row.generation = generation;
    row.retry_at = from_unix_ms(number_in(put.state_json, "retry_at"));
}

void oracle::opened(std::uint32_t town, store::town_store& file) {
    if (!stage_.options.oracle) return;
    town_judge_.opened(town, file);
    auto& home = towns_[town];
    file.begin();
    const live_rows rows = file.load_live();
    file.rollback();
    std::map<std::string, dispatch_row> live;
    for (const auto& d : rows.dispatches) {
        if (home.over.contains(d.id))
            broke("ack", town, short_of(d) + " lives again after its end was acknowledged");
        const auto known = home.live.find(d.id);
        live[d.id] = row_of(d, known != home.live.end() && known->second.sent);
    }
    if (home.known && live.size() != home.live.size())
        broke("ack", town,
              std::to_string(home.live.size()) + " live attempts were durable, " +
                  std::to_string(live.size()) + " are there");
    home.live = std::move(live);
    std::unordered_set<std::string> open;
    for (const auto& b : rows.beads)
        open.insert(b.id);
    for (const auto& [id, row] : home.beads)
        if (row.acknowledged && !is_terminal(row.status) && !open.contains(id))
            broke("ack", town, "bead " + id + " was acknowledged and is lost");
    for (const auto& b : rows.beads) {
        const auto found = home.beads.find(b.id);
        if (found != home.beads.end() && found->second.known && found->second.status != b.status)
            broke("ack", town,
                  "bead " + b.id + " was durably " + std::string{to_text(found->second.status)} +
                      " and is " + std::string{to_text(b.status)});
    }
    home.known = true;
}

std::string oracle::unsettled() const {
    for (std::size_t t = 0; t < towns_.size(); ++t) {
        const auto& town = towns_[t];
        const std::string where = town_name(static_cast<int>(t)) + ": ";
        const auto held = town_judge_.held(static_cast<std::uint32_t>(t));
        for (const auto& [id, row] : town.beads)
            if (row.known && !is_terminal(row.status) && !held.contains(id))
                return where + "bead " + id + " is " + std::string{to_text(row.status)} +
                       (row.reason.empty() ? "" : ": " + row.reason);
        if (const auto why = town_judge_.unsettled(static_cast<std::uint32_t>(t), held);
            !why.empty())
            return where + why;
        for (const auto& [id, d] : town.live)
            if (d.role != agent_role::mayor)
                return where + "attempt " + id + " is " + std::string{to_text(d.state)};
        if (!town.stops.empty()) return where + "a stop is not confirmed";
        for (const auto& [key, b] : town.breakers)
            if (b.state != breaker_state::closed &&
                b.retry_at > stage_.now() + stage_.options.rules.retry.max * 6 / 5)
                return where + "breaker " + key + " is open for too long";
    }
    return {};
}

void oracle::check_single_starts() {
    for (std::size_t t = 0; t < towns_.size(); ++t)
        for (const auto& [id, row] : towns_[t].beads) {
            if (!row.known) continue;
            if (row.status != bead_status::closed)
                broke("L2", static_cast<std::uint32_t>(t),
                      "no fault, and bead " + id + " is " + std::string{to_text(row.status)});
            // Whoever merges pull requests is no agent.
            const bool one =
                row.starts_sent == 1 ||
                (row.starts_sent == 0 && town_judge_.is_pr(static_cast<std::uint32_t>(t), id));
            if (!one)
                broke("L2", static_cast<std::uint32_t>(t),
                      "no fault, and bead " + id + " took " + std::to_string(row.starts_sent) +
                          " starts");
        }
}

}  // namespace townd::sim
