#include "townd/decide/reconcile.hpp"

#include <algorithm>
#include <array>
#include <compare>
#include <deque>
#include <map>
#include <numeric>
#include <set>
#include <utility>

namespace townd {
namespace {

constexpr std::array<std::string_view, std::variant_size_v<action>> action_types{
    "move_bead",       "clear_assignee",   "rest_agent",      "end_session",
    "give_up_unknown", "prove_agent",      "order_stop",      "send_stop",
    "poll_agent",      "start_agent",      "nudge_agent",     "stall_agent",
    "open_triage",     "start_triage",     "escalate",        "re_escalate",
    "count_convoy",    "land_convoy",      "end_convoy",      "forget_agent",
    "deliver_message", "ask_pull_request", "check_container", "restart_container",
    "renew_token",     "end_drain",        "prune_history"};

// What starts first: the mayor, then by priority; within it reviews before issues (they finish
// work), and among equals the rigs in turn.
struct rank {
    int kind;      // 0 mayor, 1 the rest.
    int priority;  // Higher first, so negated.
    int review;    // 0 review, 1 issue.
    // NOLINTNEXTLINE(modernize-use-nullptr): clang-tidy 14 trips over a defaulted <=>.
    auto operator<=>(const rank&) const = default;
};

rank rank_of(const candidate& c) {
    return {c.role == agent_role::mayor ? 0 : 1, -static_cast<int>(c.work->priority),
            c.work->type == bead_type::merge_request ? 0 : 1};
}

bool is_older(const bead& a, const bead& b) {
    return a.created_at != b.created_at ? a.created_at < b.created_at : a.id < b.id;
}

std::string_view rig_of(const candidate& c) {
    return c.rig ? std::string_view{*c.rig} : std::string_view{};
}

// Hands out turns so that a rig with a hundred beads and nine with one all move (G7): among equals
// the rig with the fewest agents at work is next, with its oldest bead. Only what starts counts:
// beads that wait for something else do not push their rig back.
class turns {
public:
    turns(const town_view& view, const breaker_set& breakers, std::vector<candidate> wanted)
        : wanted_(std::move(wanted)) {
        line_up_tries(view, breakers);
        for (const auto& a : view.rows.agents)
            if (a.rig && a.role != agent_role::mayor && view.is_occupied(a)) ++at_work_[*a.rig];
        std::sort(wanted_.begin(), wanted_.end(), [](const candidate& a, const candidate& b) {
            const rank of_a = rank_of(a);
            const rank of_b = rank_of(b);
            return of_a != of_b ? of_a < of_b : is_older(*a.work, *b.work);
        });
    }

    /// The next candidate, or null when all had their turn.
    const candidate* next() {
        if (!tries_.empty()) {
            trying_ = std::move(tries_.front());
            tries_.pop_front();
            current_try_ = true;
            return &trying_;
        }
        if (heads_.empty()) line_up();
        if (heads_.empty()) return nullptr;
        auto node = heads_.extract(heads_.begin());
        auto& queue = queues_[node.value().rig];
        const candidate* out = queue.front();
        queue.pop_front();
        current_ = node.value().rig;
        return out;
    }
    /// What became of the candidate that `next` gave.
    void done(bool started) {
        if (std::exchange(current_try_, false)) return;
        if (started) ++at_work_[current_];
        push(current_);
    }

private:
    struct head {
        int at_work;
        const candidate* first;
        std::string_view rig;
        bool operator<(const head& other) const {
            if (at_work != other.at_work) return at_work < other.at_work;
            return is_older(*first->work, *other.first->work);
        }
    };

    // What tries a place in doubt goes first, since so few may: the place that was tried least
    // recently, in it the bead that was, or one bad bead would be tried for ever.
    void line_up_tries(const town_view& view, const breaker_set& breakers) {
        struct attempt {
            instant place;
            instant bead;
            candidate what;
        };
        std::vector<attempt> found;
        std::map<std::pair<agent_role, std::string>, std::optional<instant>> known;
        std::erase_if(wanted_, [&](const candidate& c) {
            const auto key = std::pair{c.role, std::string{rig_of(c)}};
            auto at = known.find(key);
            if (at == known.end()) {
                std::optional<instant> tried;
                if (breakers.doubt_of(c.rig, c.role, view.now)) {
                    const standing* s = breakers.place_of(c.rig, c.role);
                    tried = s == nullptr ? instant{} : std::max(s->last_try(), s->last_failure());
                }
                at = known.emplace(key, tried).first;
            }
            if (!at->second) return false;
            found.push_back({*at->second, c.work->last_dispatch_attempt_at.value_or(instant{}), c});
            return true;
        });
        std::stable_sort(found.begin(), found.end(), [](const attempt& a, const attempt& b) {
            if (a.place != b.place) return a.place < b.place;
            if (a.bead != b.bead) return a.bead < b.bead;
            return is_older(*a.what.work, *b.what.work);
        });
        for (auto& each : found)
            tries_.push_back(each.what);
    }
    void push(std::string_view rig) {
        const auto& queue = queues_[rig];
        if (!queue.empty()) heads_.insert({at_work_[rig], queue.front(), rig});
    }
    // The candidates of the next rank, by rig.
    void line_up() {
        if (at_ == wanted_.size()) return;
        queues_.clear();
        const rank now = rank_of(wanted_[at_]);
        for (; at_ < wanted_.size() && rank_of(wanted_[at_]) == now; ++at_)
            queues_[rig_of(wanted_[at_])].push_back(&wanted_[at_]);
        for (const auto& [rig, queue] : queues_)
            push(rig);
    }

    std::vector<candidate> wanted_;
    std::deque<candidate> tries_;
    candidate trying_;  ///< The one that `next` gave.
    bool current_try_ = false;
    std::size_t at_ = 0;
    std::map<std::string_view, int> at_work_;
    std::map<std::string_view, std::deque<const candidate*>> queues_;
    std::set<head> heads_;
    std::string_view current_;
};

// Gates of a bead that no rule wants to start, so that `explain` can always say why.
candidate idle_candidate(const town_view& view, const bead& b) {
    const agent* holder = view.hooked_to(b.id);
    const agent_role role =
        b.type == bead_type::merge_request ? agent_role::refinery : agent_role::polecat;
    if (holder == nullptr && b.type == bead_type::message && b.assignee)
        holder = view.find_agent(*b.assignee);
    if (holder != nullptr && holder->role == agent_role::mayor)
        return {"explain", agent_role::mayor, &b, std::nullopt, holder};
    return {"explain", role, &b, b.rig, holder};
}

// A bead that passes every gate and yet was not wanted waits for a repair of its state: of this
// very tick (a stale assignee cleared, an agent rested), or due when it has been so for long
// enough.
void mark_repair(std::vector<gate_answer>& gates) {
    const bool open =
        std::all_of(gates.begin(), gates.end(), [](const gate_answer& g) { return g.passed; });
    if (open)
        gates.push_back({gate_reason::bead_not_ready, false,
                         "its state is put right first, then it may start", std::nullopt});
}

// What a rule gives back or takes to rest is not started in the same tick.
void drop_repaired(const plan& out, std::vector<candidate>& wanted) {
    std::set<std::string_view> repaired;
    for (const auto& p : out.actions) {
        if (const auto* m = std::get_if<move_bead>(&p.what)) repaired.insert(m->bead);
        if (const auto* r = std::get_if<rest_agent>(&p.what)) repaired.insert(r->agent);
    }
    if (repaired.empty()) return;
    std::erase_if(wanted, [&](const candidate& c) {
        return repaired.contains(c.work->id) ||
               (c.slot != nullptr && repaired.contains(c.slot->id));
    });
}

constexpr duration lease_waits{10'000};

// Something that a person or another bead holds back is no work for now.
bool is_work(gate_reason refused) {
    return refused >= gate_reason::backing_off;
}

void note_age(instant created, std::optional<instant>& oldest) {
    oldest = std::min(oldest.value_or(created), created);
}

void note_refusal(const town_view& view, const candidate& c, const gate_refusal& refused,
                  plan& out) {
    const auto role = index_of(c.role);
    ++out.waiting.by_reason[static_cast<std::size_t>(refused.reason)];
    if (is_suppression(refused.reason))
        ++out.waiting.suppressed[role][static_cast<std::size_t>(refused.reason) -
                                       static_cast<std::size_t>(suppression_at(0))];
    if (is_work(refused.reason)) out.has_work[role] = true;
    if (refused.wants_leave) {
        out.wants_leave[role] = true;
        out.wants_fresh[role] = out.wants_fresh[role] || refused.fresh;
        out.leave_from[role] = std::min(out.leave_from[role], refused.leave_from);
    }
    const bool in_turn = refused.reason == gate_reason::concurrency_limit ||
                         refused.reason == gate_reason::no_free_agent;
    const bool soon =
        refused.reason == gate_reason::backing_off && refused.until < view.now + lease_waits;
    if (in_turn || soon) out.lease_kept[role] = true;
}

void keep_oldest(const candidate& c, gate_reason reason, std::vector<waiting_bead>& kept) {
    const instant at = c.work->created_at;
    const bool full = kept.size() == waiting_beads_max;
    if (full && kept.back().created_at <= at) return;
    if (full) kept.pop_back();
    const auto place =
        std::upper_bound(kept.begin(), kept.end(), at,
                         [](instant t, const waiting_bead& b) { return t < b.created_at; });
    kept.insert(place, {c.work->id, c.role, c.rig, reason, at});
}

}  // namespace

std::string_view type_of(const action& what) noexcept {
    return action_types[what.index()];
}

int waiting_counts::total() const noexcept {
    return std::accumulate(by_reason.begin(), by_reason.end(), 0);
}

int waiting_counts::suppressed_of(agent_role role) const noexcept {
    const auto& counts = suppressed[index_of(role)];
    return std::accumulate(counts.begin(), counts.end(), 0);
}

plan reconcile(const town_view& view, breaker_set& breakers,
               std::optional<std::string_view> explain) {
    plan out;
    std::vector<candidate> wanted;
    agent_rules(view, out);
    progress_rules(view, out);
    stop_rules(view, out);
    container_rules(view, out);
    convoy_rules(view, out);
    triage_rules(view, out);
    escalation_rules(view, out);
    upkeep_rules(view, out);
    mayor_rules(view, out, wanted);
    review_rules(view, out, wanted);
    bead_rules(view, out, wanted);

    drop_repaired(out, wanted);

    gate door(view, breakers);
    turns order(view, breakers, std::move(wanted));
    for (const auto& d : view.rows.dispatches)
        out.has_work[index_of(d.role)] = true;
    while (const candidate* next = order.next()) {
        const candidate& c = *next;
        if (explain && *explain == c.work->id) out.explained = door.explain(c);
        auto answer = door.ask(c);
        order.done(answer.start.has_value());
        if (answer.start) {
            auto& start = *answer.start;
            out.has_work[index_of(c.role)] = true;
            std::optional<agent_id> existing;
            if (start.slot.existing != nullptr) existing = start.slot.existing->id;
            out.add(c.rule, "ready, and every gate is open",
                    start_agent{std::move(start.leave), c.role, c.rig, c.work->id,
                                std::move(existing), start.slot.name});
            continue;
        }
        note_refusal(view, c, answer.refused, out);
        keep_oldest(c, answer.refused.reason, out.waiting.beads);
        note_age(c.work->created_at, out.waiting.oldest);
        if (is_work(answer.refused.reason))
            note_age(c.work->created_at, out.waiting.oldest_of[index_of(c.role)]);
        out.look_at(answer.refused.until);
    }
    out.look_at(breakers.next_change(view.now, view.rules.breaker));
    if (explain && !out.explained) {
        if (const bead* b = view.find_bead(*explain); b != nullptr) {
            out.explained = door.explain(idle_candidate(view, *b));
            mark_repair(*out.explained);
        }
    }
    return out;
}

}  // namespace townd
