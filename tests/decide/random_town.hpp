#pragma once
// Towns in every state that a database can hold, sane or not, from one seed.

#include <algorithm>
#include <random>
#include <string>

#include "decide/town_builder.hpp"

namespace townd {

class random_town {
public:
    explicit random_town(unsigned seed) : random_(seed) {
        for (int i = 0; i < upto(4); ++i) {
            it_.rig(rig(i), one_in(8) ? "" : "https://git.example/r.git");
            if (one_in(3)) it_.rows.rigs.back().max_concurrent_polecats = upto(4);
            if (one_in(3)) it_.rows.rigs.back().max_dispatch_attempts = upto(5);
        }
        beads();
        agents();
        dispatches();
        facts();
        breakers();
    }
    [[nodiscard]] town take() { return std::move(it_); }

private:
    int upto(int most) { return static_cast<int>(random_() % static_cast<unsigned>(most + 1)); }
    bool one_in(int n) { return upto(n - 1) == 0; }
    duration span(std::int64_t most) {
        return duration{static_cast<std::int64_t>(random_()) % (most + 1)};
    }
    instant about_now() {
        return it_.now - span(20'000'000) + (one_in(10) ? span(1e8) : duration{});
    }
    static std::string rig(int i) { return "rig-" + std::to_string(i); }
    static std::string work(int i) { return "bead-" + std::to_string(i); }
    std::optional<std::string> some_rig() {
        if (one_in(12)) return std::nullopt;
        return rig(upto(4));  // Some do not exist.
    }
    template <class Enum>
    Enum any(Enum last) {
        return static_cast<Enum>(upto(static_cast<int>(last)));
    }

    void beads() {
        const int count = upto(25);
        for (int i = 0; i < count; ++i) {
            const auto kind = one_in(5)   ? any(bead_type::molecule)
                              : one_in(3) ? bead_type::merge_request
                                          : bead_type::issue;
            if (kind == bead_type::merge_request) {
                it_.merge_request(work(i), rig(upto(4)), one_in(4));
            } else {
                it_.work(work(i), kind, some_rig());
            }
            bead& row = it_.rows.beads.back();
            row.status = one_in(2) ? bead_status::open : any(bead_status::failed);
            row.priority = any(bead_priority::critical);
            row.created_at = about_now();
            row.updated_at = about_now();
            row.dispatch_attempts = one_in(2) ? 0 : upto(6);
            row.parked = one_in(10);
            if (one_in(4)) row.next_attempt_at = it_.now - duration{30'000} + span(60'000);
            if (one_in(12)) row.labels.emplace_back(one_in(2) ? "gt:held" : "gt:triage-request");
            if (one_in(4)) row.assignee = one_in(3) ? "system" : "agent-" + std::to_string(upto(9));
            if (one_in(6)) it_.rows.staged.push_back(row.id);
            if (one_in(5))
                it_.blocks(row.id, work(upto(25)),
                           one_in(5) ? std::nullopt : std::optional{any(bead_status::failed)});
            if (row.status == bead_status::in_review)
                for (int k = upto(2); k > 0; --k)
                    it_.reviewed_by(row.id, work(upto(25)), any(bead_status::failed));
        }
    }
    void agents() {
        const int count = upto(10);
        for (int i = 0; i < count; ++i) {
            const std::string id = "agent-" + std::to_string(i);
            const auto role = one_in(5) ? agent_role::refinery : agent_role::polecat;
            it_.member(id, role, one_in(20) ? std::nullopt : std::optional{rig(upto(4))});
            dress(it_.rows.agents.back());
        }
        if (one_in(2)) {
            it_.mayor();
            dress(it_.rows.agents.back());
            for (auto& b : it_.rows.beads)
                if (b.type == bead_type::message && one_in(2)) b.assignee = "Mayor";
        }
    }
    void dress(agent& a) {
        a.status = one_in(2) ? agent_status::idle : any(agent_status::unknown);
        a.status_text =
            a.status == agent_status::unknown ? "exited" : std::string{to_text(a.status)};
        if (one_in(2)) a.hook = work(upto(25));
        if (one_in(6)) a.last_activity_at.reset();
        if (a.last_activity_at) a.last_activity_at = it_.now - span(one_in(2) ? 60'000 : 400'000);
        if (a.status == agent_status::stalled && one_in(2)) a.stalled_at = about_now();
        if (one_in(10))
            it_.rows.stops.push_back(
                {a.id, "over", it_.now, 1, it_.now - duration{5'000} + span(10'000)});
        if (one_in(5)) it_.facts.polled_at[a.id] = it_.now - span(40'000);
    }
    void dispatches() {
        int n = 0;
        for (const auto& a : it_.rows.agents) {
            if (!one_in(3)) continue;
            auto& d = it_.attempt("d" + std::to_string(n++), a.id, a.hook.value_or(work(upto(25))),
                                  any(dispatch_state::unknown));
            if (one_in(2)) d.state = dispatch_state::started;
            if (d.state == dispatch_state::started) d.started_at = it_.now - span(200'000);
            if (one_in(2)) d.heartbeat_at = it_.now - span(100'000);
            d.grace_at = it_.now - duration{10'000} + span(100'000);
        }
        if (one_in(10))
            it_.attempt("orphan", "deleted", work(upto(25)), any(dispatch_state::started));
    }
    void facts() {
        it_.facts.opened_at = it_.now - span(one_in(2) ? 100'000 : 40'000'000);
        it_.facts.stopping = one_in(20);
        it_.facts.daemon_slots = one_in(4) ? upto(3) : 100;
        if (one_in(3)) it_.facts.max_per_town = upto(6);
        if (one_in(3)) it_.facts.max_polecats_per_rig = 1 + upto(4);
        it_.facts.asks_fleet = one_in(2);
        for (const auto role : {agent_role::polecat, agent_role::refinery, agent_role::mayor}) {
            auto& said = it_.facts.advice[index_of(role)];
            if (one_in(3)) continue;
            said.lease = 1 + static_cast<std::uint64_t>(upto(9));
            said.lease_ends_at = it_.now + span(200'000);
            said.sweep = one_in(2);
            if (one_in(2)) said.outage = "an-outage";
        }
    }
    void breakers() {
        const auto bend = [&](const admission& leave) {
            for (int k = upto(4); k > 0; --k)
                it_.breakers.record(leave, verdict::failure, "reset: gone", it_.now - span(90'000),
                                    0.5, it_.rules.breaker);
        };
        for (const auto& a : it_.rows.agents) {
            const auto leave = it_.breakers.admit(a.rig, a.role, a.name, it_.now - duration{90'000},
                                                  it_.rules.breaker);
            if (one_in(3)) bend(leave.back());
            if (one_in(10))
                it_.fail_place(a.rig, a.role, "reset: gone", one_in(3),
                               static_cast<stage>(upto(2)));
        }
        if (one_in(4) && !it_.rows.agents.empty()) {
            const auto& a = it_.rows.agents.front();
            if (!it_.breakers.refusal(a.rig, a.role, a.name, it_.now))
                it_.breakers.admit(a.rig, a.role, a.name, it_.now - span(80'000),
                                   it_.rules.breaker);
        }
        it_.breakers.expire(it_.now, 0.5, it_.rules.breaker, [](agent_role) { return true; });
    }

    std::mt19937 random_;
    town it_;
};

}  // namespace townd
