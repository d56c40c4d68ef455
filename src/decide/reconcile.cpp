#include "townd/decide/reconcile.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <numeric>

namespace townd {
namespace {

constexpr std::array<std::string_view, std::variant_size_v<action>> action_types{
    "move_bead",   "clear_assignee", "rest_agent", "end_session", "give_up_unknown",
    "prove_agent", "order_stop",     "send_stop",  "poll_agent",  "start_agent"};

// What starts first: the mayor, then by priority; within it reviews before issues (they finish
// work), then the rigs in turn, each by age, so that a rig with a hundred beads and nine with one
// all move (G7).
struct turn {
    std::size_t at;       // In `wanted`.
    int kind;             // 0 mayor, 1 the rest.
    int priority;         // Higher first.
    int review;           // 0 review, 1 issue.
    int place_in_rig;     // 0 for the oldest of its rig and priority.
    instant created_at;
};

std::vector<turn> turns_of(const std::vector<candidate>& wanted) {
    std::vector<turn> turns;
    turns.reserve(wanted.size());
    for (std::size_t i = 0; i < wanted.size(); ++i) {
        const bead& b = *wanted[i].work;
        turns.push_back({i, wanted[i].role == agent_role::mayor ? 0 : 1,
                         static_cast<int>(b.priority),
                         b.type == bead_type::merge_request ? 0 : 1, 0, b.created_at});
    }
    const auto by_age = [&](const turn& a, const turn& b) {
        if (a.kind != b.kind) return a.kind < b.kind;
        if (a.priority != b.priority) return a.priority > b.priority;
        if (a.review != b.review) return a.review < b.review;
        if (a.place_in_rig != b.place_in_rig) return a.place_in_rig < b.place_in_rig;
        if (a.created_at != b.created_at) return a.created_at < b.created_at;
        return wanted[a.at].work->id < wanted[b.at].work->id;
    };
    std::sort(turns.begin(), turns.end(), by_age);
    std::map<std::pair<std::string_view, int>, int> places;
    for (auto& t : turns) {
        const auto& rig = wanted[t.at].rig;
        const std::string_view name = rig ? std::string_view{*rig} : std::string_view{};
        t.place_in_rig = places[{name, t.priority}]++;
    }
    std::sort(turns.begin(), turns.end(), by_age);
    return turns;
}

// Gates of a bead that no rule wants to start, so that `explain` can always say why.
candidate idle_candidate(const town_view& view, const bead& b) {
    const agent* holder = view.hooked_to(b.id);
    const agent_role role = b.type == bead_type::merge_request ? agent_role::refinery
                                                               : agent_role::polecat;
    if (holder != nullptr && holder->role == agent_role::mayor)
        return {"explain", agent_role::mayor, &b, std::nullopt, holder};
    return {"explain", role, &b, b.rig, holder};
}

// A bead that passes every gate and yet was not wanted waits for a repair of this very tick
// (a stale assignee cleared, an agent rested); the next tick follows at once.
void mark_repair(std::vector<gate_answer>& gates) {
    const bool open = std::all_of(gates.begin(), gates.end(),
                                  [](const gate_answer& g) { return g.passed; });
    if (open)
        gates.push_back({gate_reason::bead_not_ready, false,
                         "a repair of its state comes first, in this tick", std::nullopt});
}

}  // namespace

std::string_view type_of(const action& what) noexcept { return action_types[what.index()]; }

int waiting_counts::total() const noexcept {
    return std::accumulate(by_reason.begin(), by_reason.end(), 0);
}

plan reconcile(const town_view& view, breaker_set& breakers,
               std::optional<std::string_view> explain) {
    plan out;
    std::vector<candidate> wanted;
    agent_rules(view, out);
    stop_rules(view, out);
    mayor_rules(view, out, wanted);
    review_rules(view, out, wanted);
    bead_rules(view, out, wanted);

    gate door(view, breakers);
    for (const turn& t : turns_of(wanted)) {
        const candidate& c = wanted[t.at];
        if (explain && *explain == c.work->id) out.explained = door.explain(c);
        auto answer = door.ask(c);
        if (answer.start) {
            auto& start = *answer.start;
            std::optional<agent_id> existing;
            if (start.slot.existing != nullptr) existing = start.slot.existing->id;
            out.add(c.rule, "ready, and every gate is open",
                    start_agent{std::move(start.leave), c.role, c.rig, c.work->id,
                                std::move(existing), start.slot.name});
            continue;
        }
        ++out.waiting.by_reason[static_cast<std::size_t>(answer.refused.reason)];
        if (!out.waiting.oldest || c.work->created_at < *out.waiting.oldest)
            out.waiting.oldest = c.work->created_at;
        out.look_at(answer.refused.until);
    }
    out.look_at(breakers.next_change());
    if (explain && !out.explained) {
        if (const bead* b = view.find_bead(*explain); b != nullptr) {
            out.explained = door.explain(idle_candidate(view, *b));
            mark_repair(*out.explained);
        }
    }
    return out;
}

}  // namespace townd
