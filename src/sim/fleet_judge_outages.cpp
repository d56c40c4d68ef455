// What operators are told: outages that are none, or do not end; breakers that stay open.

#include <algorithm>

#include "sim/fleet_judge.hpp"

namespace townd::sim {
namespace {

// Starts that succeed beside a breaker that is open: one that fell back earns its way with eight.
constexpr int passed_enough = 10;
constexpr duration look_slack{61'000};

}  // namespace

int fleet_judge::ill_towns(agent_role role, int stage, instant at) const {
    int out = 0;
    for (const auto& t : towns_) {
        const instant until = t.ill_until[index_of(role)];
        const bool lately = until != instant{} && at - until <= limits_.echo;
        const bool now = std::any_of(t.ills.begin(), t.ills.end(), [&](const illness& ill) {
            return ill.fails() && ill.concerns(role) &&
                   (stage == 0 || static_cast<int>(ill.stage) == stage);
        });
        out += lately || now ? 1 : 0;
    }
    return out;
}

void fleet_judge::outage_opened(instant at, const std::string& id, agent_role role, int stage) {
    pass(at);
    outages_[id] = {role, stage, at};
    // A fault of the answers may be known first by what does not survive, and the other way round.
    const int ill = ill_towns(role, 0, at);
    const int least = limits_.rules.outage.min_towns;
    book_.saw(bound::false_outage, std::max(least - ill, 0), 0.0, at, -1, [&] {
        return "outage " + id + " of " + std::string{to_text(role)} + " opened and " +
               std::to_string(ill) + " towns are ill";
    });
    plan(at + limits_.refund_within, due_kind::refund, 0, id);
}

void fleet_judge::outage_closed(instant at, const std::string& id) {
    pass(at);
    outages_.erase(id);
}

// What is charged to beads of ill places since their last work that was done is given back.
void fleet_judge::check_refunds(instant at, const std::string& outage) {
    const auto found = outages_.find(outage);
    if (found == outages_.end() || down_ || at - back_at_ < limits_.refund_within) return;
    const auto& o = found->second;
    if (o.stage != 0 && o.stage != static_cast<int>(ill_stage::done)) return;
    for (std::uint32_t town = 0; town < towns_.size(); ++town) {
        const auto& t = towns_[town];
        if (t.over_charged.empty()) continue;
        const bool of_work =
            !t.ills.empty() && std::all_of(t.ills.begin(), t.ills.end(), [&](const illness& ill) {
                return !ill.fails() || (ill.stage == ill_stage::done && ill.concerns(o.role));
            });
        if (!of_work) continue;
        for (const auto& [id, since] : t.over_charged) {
            const auto b = t.beads.find(id);
            if (b == t.beads.end() || at - since < limits_.refund_within) continue;
            const auto& p = t.places[b->second.place];
            if (p.role != o.role || p.done_at > since) continue;
            const duration lasts = at - std::max(o.since, since);
            book_.saw(bound::refund, to_seconds(lasts) + 0.001, to_seconds(limits_.refund_within),
                      at, static_cast<int>(town), [&] {
                          return "bead " + id + " is charged " + std::to_string(b->second.charged) +
                                 " times and failed " + std::to_string(b->second.own) +
                                 " times by itself, " + to_words(lasts) + " into outage " + outage;
                      });
        }
    }
}

void fleet_judge::look_at_outages(instant at) {
    if (outages_.empty()) return;
    std::array<instant, agent_role_count> last{};
    for (const auto& t : towns_)
        for (std::size_t role = 0; role < agent_role_count; ++role) {
            const bool now = t.work > 0 && std::any_of(t.ills.begin(), t.ills.end(), [&](auto& i) {
                                 return i.fails() && i.concerns(static_cast<agent_role>(role));
                             });
            last[role] = std::max(last[role], now ? at : t.ill_until[role]);
        }
    for (const auto& [id, o] : outages_) {
        check_refunds(at, id);
        const instant from = std::max({last[index_of(o.role)], o.since, back_at_});
        book_.saw(bound::stale_outage, to_seconds(at - from),
                  to_seconds(limits_.outage_over_within + look_slack), at, -1, [&, id = id] {
                      return "outage " + id + " is open " + to_words(at - from) +
                             " after the last fault of a town with work";
                  });
    }
}

void fleet_judge::breaker_changed(instant at, std::uint32_t town, std::string_view key,
                                  std::string_view scope, std::string_view role,
                                  std::string_view to) {
    pass(at);
    auto& rows = towns_[town].breakers;
    const auto found = rows.find(std::string{key});
    if (to == "closed" || to.starts_with("forced")) {
        if (found != rows.end()) rows.erase(found);
        return;
    }
    if (found == rows.end())
        rows[std::string{key}] = {at, std::string{scope}, std::string{role}, 0};
    else if (to == "open")
        found->second = {at, std::string{scope}, std::string{role}, 0};
}

void fleet_judge::check_closed(instant at) {
    for (std::uint32_t town = 0; town < towns_.size(); ++town)
        for (const auto& [key, b] : towns_[town].breakers)
            if (b.passed >= passed_enough)
                book_.saw(bound::unclosed, b.passed, passed_enough - 1, at, static_cast<int>(town),
                          [&, key = key, passed = b.passed] {
                              return "breaker " + key + " is open and " + std::to_string(passed) +
                                     " starts that it holds back succeeded since";
                          });
}

}  // namespace townd::sim
