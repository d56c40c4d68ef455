#pragma once
// Trap B15 (gascity #4841: a breaker wired to one of two paths): whatever way a start took, it is
// one recorded attempt, and the breakers that stand before it let it through.

#include <algorithm>
#include <set>

#include "engine/actor_rig.hpp"

namespace townd::engine::test {

/// Starts on the wire, by the attempt that each names.
[[nodiscard]] inline std::vector<dispatch_id> sent_starts(actor_rig& rig) {
    const std::scoped_lock lock(rig.container.mutex);
    std::vector<dispatch_id> out;
    for (const auto& one : rig.container.log) {
        if (!one.is_start()) continue;
        for (const auto& [name, value] : one.call.headers)
            if (name == "X-Dispatch-Id") out.push_back(value);
    }
    return out;
}

/// When starts were sent.
[[nodiscard]] inline std::vector<instant> start_times(actor_rig& rig) {
    const std::scoped_lock lock(rig.container.mutex);
    std::vector<instant> out;
    for (const auto& one : rig.container.log)
        if (one.is_start()) out.push_back(one.at);
    return out;
}

/// Call it at the end of every test that dispatches. For up to 1000 attempts.
inline void expect_permits(actor_rig& rig) {
    const auto sent = sent_starts(rig);
    EXPECT_EQ(static_cast<int>(sent.size()), rig.container.starts()) << "a start names no attempt";
    EXPECT_EQ(std::set<dispatch_id>(sent.begin(), sent.end()).size(), sent.size())
        << "one permit sent two starts";
    std::size_t recorded = 0;
    for (const auto& d : rig.attempts()) {
        const bool was_sent = std::find(sent.begin(), sent.end(), d.id) != sent.end();
        recorded += was_sent ? 1 : 0;
        const auto admitted_by = [&](const std::string& key) {
            return std::any_of(d.admissions.begin(), d.admissions.end(),
                               [&](const admission& a) { return a.key == key; });
        };
        EXPECT_TRUE(admitted_by(breaker_set::place_key(d.rig, d.role))) << d.rule << " " << d.id;
        EXPECT_TRUE(admitted_by(breaker_set::agent_key(d.rig, d.role, d.agent_name)))
            << d.rule << " " << d.id;
    }
    EXPECT_EQ(recorded, sent.size()) << "a start without a record";
}

/// The place that is not closed, else the first; null when there is none.
[[nodiscard]] inline const breaker_entry* first_place(town::context& ctx) {
    const breaker_entry* found = nullptr;
    for (const auto& [key, e] : ctx.breakers.entries()) {
        if (e.scope != breaker_scope::place) continue;
        if (found == nullptr || e.state.state() != breaker_state::closed) found = &e;
    }
    return found;
}

/// The breakers that are not closed now.
[[nodiscard]] inline std::map<std::string, breaker_entry> open_breakers(actor_rig& rig) {
    return rig.read<std::map<std::string, breaker_entry>>([](town::context& ctx) {
        std::map<std::string, breaker_entry> out;
        for (const auto& [key, e] : ctx.breakers.entries())
            if (e.state.state() != breaker_state::closed) out.emplace(key, e);
        return out;
    });
}

/// What is kept of a bead's failures.
[[nodiscard]] inline std::vector<kept_failure> failures_of(actor_rig& rig, const bead_id& id) {
    return rig.read<std::vector<kept_failure>>(
        [&](town::context& ctx) { return ctx.store.failures(id); });
}

/// All issues are as they were: open and charged nothing.
inline void expect_uncharged(actor_rig& rig) {
    for (const auto& b : rig.issues()) {
        EXPECT_EQ(b.dispatch_attempts, 0) << b.title;
        EXPECT_NE(b.status, bead_status::failed) << b.title << ": " << b.reason;
    }
}

/// Every agent that runs at its `beats`th beat since its start goes as `leave` says.
inline void leave_at_beat(actor_rig& rig, int beats,
                          std::function<void(const agent_id&, const dispatch_id&)> leave) {
    auto counted = std::make_shared<std::map<dispatch_id, int>>();
    rig.each_beat = [&rig, counted, beats, leave = std::move(leave)](const agent_id& agent) {
        const dispatch_id session = rig.container.running[agent];
        if (++(*counted)[session] < beats) return;
        rig.container.running.erase(agent);
        leave(agent, session);
    };
}

}  // namespace townd::engine::test
