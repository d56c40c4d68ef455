#include "sim/town_judge.hpp"

#include <algorithm>
#include <utility>

#include "townd/decide/invariants.hpp"
#include "townd/decide/reconcile.hpp"

namespace townd::sim {
namespace {

constexpr duration drain_slack{180'000};  // A full disk holds up any end.
constexpr duration broken_max{900'000};   // Longer than the longest repair waits.
constexpr duration hour{3'600'000};
constexpr int tokens_an_hour = 10;

}  // namespace

town_judge::town_judge(stage& on)
    : stage_(on), towns_(static_cast<std::size_t>(on.options.towns)) {}

const town_judge::thing* town_judge::find(std::uint32_t town, std::string_view id) const {
    const auto& things = towns_[town].things;
    const auto found = things.find(std::string{id});
    return found == things.end() ? nullptr : &found->second;
}

void town_judge::opened(std::uint32_t town, store::town_store& file) {
    auto& home = towns_[town];
    home.file = &file;
    home.back_at = stage_.now();
    home.broken.clear();
    // Silence is not counted from before: who was told may be told again.
    for (auto& [id, a] : home.agents)
        a.nudges[0] = a.nudges[1] = 0;
}

void town_judge::daemon_back() {
    for (auto& home : towns_) {
        home.back_at = stage_.now();
        home.broken.clear();
    }
}

void town_judge::start_sent(const start_seen& what) {
    auto& home = towns_[what.town];
    if (!home.drain.empty())
        broke("drain", what.town,
              "bead " + what.bead + " was started while the container is being replaced");
    auto& a = home.agents[what.agent];
    a.nudges[0] = a.nudges[1] = 0;
    a.progress = stage_.now();
}

void town_judge::check_rate(std::uint32_t town, std::deque<instant>& seen, duration window,
                            int most, std::string_view invariant, std::string_view what) {
    seen.push_back(stage_.now());
    while (seen.front() <= stage_.now() - window)
        seen.pop_front();
    if (static_cast<int>(seen.size()) > most)
        broke(
            invariant, town,
            std::to_string(seen.size()) + " " + std::string{what} + " within " + to_words(window));
}

void town_judge::restart_asked(std::uint32_t town) {
    ++stage_.counts.restarts;
    check_rate(town, towns_[town].restarts, restart_window, restarts_per_window, "restart",
               "restarts were asked for");
}

void town_judge::token_sent(std::uint32_t town) {
    check_rate(town, towns_[town].tokens, hour, tokens_an_hour, "token", "tokens were sent");
}

void town_judge::progressed(const start_seen& what, instant last_event) {
    auto& a = towns_[what.town].agents[what.agent];
    if (last_event <= a.progress) return;
    a.progress = last_event;
    a.nudges[0] = a.nudges[1] = 0;
}

void town_judge::merged(std::uint32_t town, const bead_id& request) {
    towns_[town].things[request].merged = true;
}

bool town_judge::is_pr(std::uint32_t town, std::string_view request) const {
    const thing* row = find(town, request);
    return row != nullptr && !row->prs.empty();
}

bool town_judge::was_ended(std::uint32_t town, std::string_view bead) const {
    const thing* row = find(town, bead);
    return row != nullptr && row->by_word;
}

void town_judge::ended_by_word(std::uint32_t town, const bead_id& bead) {
    towns_[town].things[bead].by_word = true;
}

void town_judge::cycle_over(std::uint32_t town) {
    const auto& home = towns_[town];
    if (home.drain.empty() || home.file == nullptr) return;
    const duration lasts = stage_.now() - std::max(home.drain_since, home.back_at);
    if (lasts > drain_timeout + drain_slack)
        broke("drain", town, "its container is being replaced for " + to_words(lasts));
}

void town_judge::sweep(std::uint32_t town) {
    auto& home = towns_[town];
    if (home.file == nullptr) return;
    home.file->begin();
    const live_rows rows = home.file->load_live();
    home.file->rollback();
    town_facts facts;
    facts.town = town_name(static_cast<int>(town));
    const town_view view(rows, facts, stage_.options.rules, stage_.now());
    std::map<std::string, broken_row> still;
    for (const auto& found : check_invariants(view)) {
        const std::string key = std::to_string(found.number) + " " + found.subject;
        const auto known = home.broken.find(key);
        const instant since = known == home.broken.end() ? stage_.now() : known->second.since;
        if (stage_.now() - since > broken_max)
            broke("rows", town,
                  "invariant " + std::to_string(found.number) + " does not hold for " +
                      to_words(stage_.now() - since) + ": " + found.sentence);
        still[key] = {since, found.sentence};
    }
    home.broken = std::move(still);
}

std::set<std::string, std::less<>> town_judge::held(std::uint32_t town) const {
    const auto& home = towns_[town];
    std::set<std::string, std::less<>> out;
    for (const auto& [id, row] : home.things)
        if (row.parked && !is_terminal(row.status)) out.insert(id);
    const auto stops = [&](const bead_id& id) {
        const thing* row = find(town, id);
        return out.contains(id) || (row != nullptr && row->status == bead_status::failed);
    };
    for (bool more = true; more;) {
        more = false;
        for (const auto& [id, on] : home.waits)
            if (stops(on)) more = out.insert(id).second || more;
        // What is reviewed waits for its merge request, and a convoy for its beads.
        for (const auto& [id, row] : home.things)
            if (!row.source.empty() && !is_terminal(row.status) && out.contains(id))
                more = out.insert(row.source).second || more;
        for (const auto& [id, row] : home.convoys)
            for (const auto& member : row.members)
                if (out.contains(member)) more = out.insert(id).second || more;
    }
    return out;
}

std::string town_judge::unsettled(std::uint32_t town,
                                  const std::set<std::string, std::less<>>& held) const {
    const auto& home = towns_[town];
    if (!home.drain.empty()) return "its container is being replaced";
    for (const auto& [id, row] : home.convoys) {
        const thing* own = find(town, id);
        if (own != nullptr && !is_terminal(own->status) && !held.contains(id))
            return "convoy " + id + " is " + std::string{to_text(own->status)} +
                   (own->reason.empty() ? "" : ": " + own->reason);
    }
    const auto is_mayor = [&](const agent_id& id) {
        const auto found = home.agents.find(id);
        return found != home.agents.end() && found->second.mayor;
    };
    for (const auto& [id, row] : home.things)
        if (row.type == bead_type::message && row.assignee && !row.notice && !row.parked &&
            !is_terminal(row.status) && is_mayor(*row.assignee))
            return "letter " + id + " was not delivered" +
                   (row.reason.empty() ? "" : ": " + row.reason);
    for (const auto& [key, row] : home.broken)
        return "invariant " + key + ": " + row.sentence;
    return {};
}

}  // namespace townd::sim
