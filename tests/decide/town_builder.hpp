#pragma once
// Says what a town looks like in a few words, and asks what the next tick does with it.
//
//   town t;
//   t.rig("r").polecat("Toast").hook("b1").working();
//   t.issue("b1").started();
//   EXPECT_TRUE(t.tick().does<rest_agent>("Toast"));

#include <gtest/gtest.h>

#include <deque>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "townd/decide/reconcile.hpp"

namespace townd {

inline std::ostream& operator<<(std::ostream& out, gate_reason r) {
    return out << to_text(r);
}

/// What an action is about: the bead, agent or dispatch that it names.
inline std::string subject_of(const action& a) {
    return std::visit(
        [](const auto& x) -> std::string {
            const auto text = [](const auto& id) -> std::string {
                if constexpr (requires { id.value_or(""); })
                    return id.value_or("");
                else
                    return id;
            };
            if constexpr (requires { x.tier; }) {
                return x.agent;
            } else if constexpr (requires { x.work; }) {
                return x.work;
            } else if constexpr (requires { x.bead; }) {
                return text(x.bead);
            } else if constexpr (requires { x.about; }) {
                return text(x.about);
            } else if constexpr (requires { x.id; }) {
                return x.id;
            } else if constexpr (requires { x.message; }) {
                return x.message;
            } else if constexpr (requires { x.convoy; }) {
                return x.convoy;
            } else if constexpr (requires { x.escalation; }) {
                return x.escalation;
            } else if constexpr (requires { x.merge_request; }) {
                return x.merge_request;
            } else if constexpr (requires { x.agent; }) {
                return text(x.agent);
            } else if constexpr (requires { x.rig; }) {
                return x.rig;
            } else {
                return {};
            }
        },
        a);
}

/// A plan with questions.
class outcome {
public:
    explicit outcome(plan p) : it(std::move(p)) {}

    template <class Action>
    [[nodiscard]] const Action* find(std::string_view subject) const {
        for (const auto& p : it.actions)
            if (const auto* a = std::get_if<Action>(&p.what); a && subject_of(p.what) == subject)
                return a;
        return nullptr;
    }
    template <class Action>
    [[nodiscard]] bool does(std::string_view subject) const {
        return find<Action>(subject) != nullptr;
    }
    [[nodiscard]] bool moves(std::string_view bead, bead_status to) const {
        const auto* m = find<move_bead>(bead);
        return m != nullptr && m->to == to;
    }
    [[nodiscard]] std::vector<std::string> started() const {
        std::vector<std::string> out;
        for (const auto& p : it.actions)
            if (const auto* s = std::get_if<start_agent>(&p.what)) out.push_back(s->work);
        return out;
    }
    [[nodiscard]] bool starts(std::string_view bead) const { return does<start_agent>(bead); }
    [[nodiscard]] std::string rule_of(std::string_view subject) const {
        for (const auto& p : it.actions)
            if (subject_of(p.what) == subject) return std::string{p.rule};
        return {};
    }
    [[nodiscard]] int waiting(gate_reason why) const {
        return it.waiting.by_reason[static_cast<std::size_t>(why)];
    }
    [[nodiscard]] bool is_quiet() const { return it.actions.empty(); }

    plan it;
};

class agent_words {
public:
    agent_words(agent& a, instant now) : a_(&a), now_(now) {}
    agent_words& hook(std::string bead) { return a_->hook = std::move(bead), *this; }
    agent_words& working() { return is(agent_status::working); }
    agent_words& is(agent_status s) {
        a_->status = s;
        a_->status_text = s == agent_status::unknown ? "exited" : std::string{to_text(s)};
        return *this;
    }
    agent_words& stalled_for(duration span) {
        a_->stalled_at = now_ - span;
        return is(agent_status::stalled);
    }
    agent_words& silent_for(duration span) { return a_->last_activity_at = now_ - span, *this; }

private:
    agent* a_;
    instant now_;
};

class bead_words {
public:
    bead_words(bead& b, instant now) : b_(&b), now_(now) {}
    bead_words& is(bead_status s) { return b_->status = s, *this; }
    bead_words& started() { return is(bead_status::in_progress); }
    bead_words& in_review() { return is(bead_status::in_review); }
    bead_words& assigned(std::string to) { return b_->assignee = std::move(to), *this; }
    bead_words& priority(bead_priority p) { return b_->priority = p, *this; }
    bead_words& label(std::string l) { return b_->labels.push_back(std::move(l)), *this; }
    bead_words& attempts(int n) { return b_->dispatch_attempts = n, *this; }
    bead_words& parked() { return b_->parked = true, *this; }
    bead_words& due_in(duration span) { return b_->next_attempt_at = now_ + span, *this; }
    bead_words& created_ago(duration span) { return b_->created_at = now_ - span, *this; }
    bead_words& updated_ago(duration span) { return b_->updated_at = now_ - span, *this; }

private:
    bead* b_;
    instant now_;
};

/// Opened an hour ago, so that silence counts. Ids are names.
class town {
public:
    instant now = from_unix_ms(1'795'342'322'000);
    live_rows rows;
    town_facts facts;
    policy rules;
    breaker_set breakers;

    town() {
        facts.opened_at = now - std::chrono::hours{10};
        facts.pruned_at = now;
        facts.daemon_slots = 100;
        // These tests look at one gate at a time: pace and shares have tests of their own.
        rules.dispatch.slow_start = duration{0};
        rules.dispatch.max_starting = 100;
        rows.agents.reserve(500);
        rows.beads.reserve(500);
    }

    town& rig(std::string id, std::string git_url = "https://git.example/r.git") {
        townd::rig r;
        r.id = id;
        r.name = std::move(id);
        r.git_url = std::move(git_url);
        rows.rigs.push_back(std::move(r));
        return *this;
    }
    agent_words member(std::string name, agent_role role, std::optional<std::string> of) {
        agent a;
        a.id = name;
        a.name = std::move(name);
        a.role = role;
        a.rig = std::move(of);
        a.last_activity_at = now;
        a.last_event_at = now;  // Progress has tests of its own.
        rows.agents.push_back(std::move(a));
        return {rows.agents.back(), now};
    }
    agent_words polecat(std::string name, std::string of = "r") {
        return member(std::move(name), agent_role::polecat, std::move(of));
    }
    agent_words refinery(std::string name = "Refinery", std::string of = "r") {
        return member(std::move(name), agent_role::refinery, std::move(of));
    }
    agent_words mayor() { return member("Mayor", agent_role::mayor, std::nullopt); }

    bead_words work(std::string id, bead_type type, std::optional<std::string> of) {
        bead b;
        b.id = std::move(id);
        b.type = type;
        b.rig = std::move(of);
        b.created_at =
            now - std::chrono::hours{1} + duration{static_cast<std::int64_t>(rows.beads.size())};
        b.updated_at = now;
        rows.beads.push_back(std::move(b));
        return {rows.beads.back(), now};
    }
    bead_words issue(std::string id, std::string of = "r") {
        return work(std::move(id), bead_type::issue, std::move(of));
    }
    /// With its review row. `pr` gives it a pull request.
    bead_words merge_request(std::string id, std::string of = "r", bool pr = false) {
        townd::review r;
        r.id = id;
        if (pr) r.pr_url = "https://git.example/pr/1";
        rows.reviews.push_back(std::move(r));
        return work(std::move(id), bead_type::merge_request, std::move(of));
    }

    town& blocks(std::string bead, std::string on, std::optional<bead_status> status) {
        rows.dependencies.push_back({std::move(bead), std::move(on), "blocks", status});
        return *this;
    }
    town& reviewed_by(std::string source, std::string mr, bead_status status) {
        rows.links.push_back({std::move(source), std::move(mr), status});
        return *this;
    }
    /// A live attempt, made a minute ago.
    dispatch& attempt(std::string id, std::string of_agent, std::string on, dispatch_state state) {
        dispatch d;
        d.id = std::move(id);
        d.agent = of_agent;
        d.agent_name = std::move(of_agent);
        d.bead = std::move(on);
        d.state = state;
        d.created_at = now - std::chrono::minutes{1};
        d.deadline_at = now;
        d.grace_at = now + rules.dispatch.heartbeat_timeout;
        if (state == dispatch_state::started) d.started_at = d.created_at;
        rows.dispatches.push_back(std::move(d));
        return rows.dispatches.back();
    }
    town& open_breaker(const std::string& key, breaker_scope scope, std::string cause) {
        breaker_entry e;
        e.scope = scope;
        e.cause = std::move(cause);
        saved_breaker saved;
        saved.state = breaker_state::open;
        saved.retry_at = now + duration{30'000};
        e.state = breaker::restored(saved, now, 0.5, rules.breaker.agent);
        breakers.put(key, std::move(e));
        return *this;
    }

    /// A start in the place failed; `whole`: there is no way to the container.
    town& fail_place(const std::optional<rig_id>& rig, agent_role role, std::string words,
                     bool whole = false, stage at = stage::answered) {
        standing::failure f;
        f.at = at;
        f.began = now;
        f.now = now;
        f.bead = "other";
        f.why.code = words.substr(0, words.find(':'));
        f.why.words = std::move(words);
        f.why.whole = whole;
        breakers.failed(rig, role, f, 1.0, rules.retry);
        return *this;
    }
    [[nodiscard]] instant next_try(const std::optional<rig_id>& rig, agent_role role) const {
        const standing* known = breakers.place_of(rig, role);
        return known == nullptr ? never : known->next_try();
    }

    /// What a tick would do. The breakers are a copy, as in the daemon.
    [[nodiscard]] outcome tick(std::optional<std::string_view> explain = std::nullopt) const {
        breaker_set copy = breakers;
        const town_view view{rows, facts, rules, now};
        return outcome{reconcile(view, copy, explain)};
    }
    /// The first gate that is shut for a bead; `dispatchable` when all are open.
    [[nodiscard]] gate_answer why(std::string_view bead) const {
        const auto out = tick(bead);
        EXPECT_TRUE(out.it.explained) << bead;
        for (const auto& line : *out.it.explained)
            if (!line.passed) return line;
        return {gate_reason::dispatchable, true, "all open", std::nullopt};
    }
};

}  // namespace townd
