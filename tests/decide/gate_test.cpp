// Every gate, shut and open: what is refused, why, in which words, and until when.

#include <type_traits>

#include "decide/town_builder.hpp"

namespace townd {
namespace {

// D4: every start needs a permit, and only the gate makes one.
static_assert(!std::is_default_constructible_v<permit>);
static_assert(!std::is_copy_constructible_v<permit> && !std::is_copy_assignable_v<permit>);
static_assert(!std::is_constructible_v<permit, std::vector<admission>>);
static_assert(!std::is_aggregate_v<permit>);
static_assert(std::is_nothrow_move_constructible_v<permit>);
static_assert(!std::is_copy_constructible_v<start_agent>);

TEST(Gate, D4EveryStartCarriesThePermitOfBothBreakers) {
    town t;
    t.rig("r").issue("b1");
    const auto out = t.tick();
    const auto* start = out.find<start_agent>("b1");
    ASSERT_NE(start, nullptr);
    ASSERT_EQ(start->leave.admissions().size(), 2U);
    EXPECT_EQ(start->leave.admissions()[0].key, "place/r/polecat");
    EXPECT_EQ(start->leave.admissions()[1].key, "agent/r/polecat/Toast");
}

void expect_shut(const town& t, gate_reason why, std::string_view words, instant until = never) {
    const auto line = t.why("b1");
    EXPECT_EQ(line.gate, why);
    EXPECT_NE(line.detail.find(words), std::string::npos) << line.detail;
    EXPECT_EQ(line.until.value_or(never), until);
    EXPECT_FALSE(t.tick().starts("b1"));
}

// G10: a daemon that is shutting down admits nothing, probes and the mayor included.
TEST(Gate, G10AStoppingDaemonAdmitsNothing) {
    town t;
    t.rig("r").issue("b1");
    t.mayor();
    t.work("m1", bead_type::message, std::nullopt).assigned("Mayor");
    t.facts.stopping = true;
    expect_shut(t, gate_reason::daemon_draining, "shutting down");
    EXPECT_TRUE(t.tick().started().empty());
    EXPECT_EQ(t.tick().waiting(gate_reason::daemon_draining), 2);
}

TEST(Gate, F7AFailedBlockerHolds) {
    for (const auto status : {bead_status::open, bead_status::in_review, bead_status::failed}) {
        town t;
        t.rig("r").issue("b1");
        t.blocks("b1", "b0", status);
        expect_shut(t, gate_reason::bead_not_ready,
                    "waits for bead b0, which is " + std::string{to_text(status)});
    }
    town t;
    t.rig("r").issue("b1");
    t.blocks("b1", "b0", bead_status::closed).blocks("b1", "gone", std::nullopt);
    EXPECT_TRUE(t.tick().starts("b1"));
}

TEST(Gate, F9StagedAndHeldBeadsWait) {
    town t;
    t.rig("r").issue("b1");
    t.rows.staged = {"b1"};
    expect_shut(t, gate_reason::bead_not_ready, "staged");
    t.rows.staged.clear();
    for (const std::string label : {"gt:held", "gt:triage-request"}) {
        t.rows.beads[0].labels = {label};
        expect_shut(t, gate_reason::bead_not_dispatchable, label);
    }
}

TEST(Gate, ABeadOfNoRigSaysSo) {
    town t;
    t.work("b1", bead_type::issue, std::nullopt);
    expect_shut(t, gate_reason::bead_not_dispatchable, "no rig");
    town u;
    u.work("b1", bead_type::merge_request, std::nullopt);
    expect_shut(u, gate_reason::bead_not_dispatchable, "no rig");
}

TEST(Gate, WhatIsNoWorkIsNotStartedAndSaysSo) {
    for (const auto type :
         {bead_type::message, bead_type::escalation, bead_type::convoy, bead_type::molecule}) {
        town t;
        t.rig("r").work("b1", type, "r");
        expect_shut(t, gate_reason::bead_not_dispatchable, to_text(type));
    }
}

// A10: the original returned false in silence, every five seconds, for ever.
TEST(Gate, A10RigWithoutRepositoryIsParkedAndVisible) {
    town t;
    t.rig("r", "").issue("b1");
    expect_shut(t, gate_reason::rig_not_configured, "rig r has no git_url");
    EXPECT_EQ(t.tick().waiting(gate_reason::rig_not_configured), 1);
    town u;
    u.issue("b1");
    expect_shut(u, gate_reason::rig_not_configured, "rig r does not exist");
}

TEST(Gate, AnAttemptInFlightHoldsItsBeadInEveryState) {
    for (const auto state :
         {dispatch_state::intent, dispatch_state::unknown, dispatch_state::started}) {
        town t;
        t.rig("r").polecat("Toast").hook("b1").working();
        t.issue("b1");
        t.attempt("d1", "Toast", "b1", state);
        expect_shut(t, gate_reason::already_running, to_text(state));
    }
}

TEST(Gate, AnAgentOfAnAdoptedTownHoldsItsBead) {
    for (const auto status :
         {agent_status::working, agent_status::waiting, agent_status::stalled}) {
        town t;
        t.rig("r").polecat("Toast").hook("b1").is(status);
        t.issue("b1");
        expect_shut(t, gate_reason::already_running, "Toast");
    }
}

// Two live agents on one bead: an idle one whose hook came first must not hide the one at work.
TEST(Gate, OfTwoHookedAgentsTheWorkingOneCounts) {
    town t;
    t.rig("r").polecat("Toast").hook("b1");
    t.polecat("Maple").hook("b1").working();
    t.issue("b1");
    expect_shut(t, gate_reason::already_running, "Maple");
    const auto out = t.tick();
    ASSERT_TRUE(out.does<rest_agent>("Toast"));
    EXPECT_FALSE(out.find<rest_agent>("Toast")->reopen_bead) << "Maple works on it";
}

TEST(Gate, A11AParkedBeadWaitsForSomeone) {
    town t;
    t.rig("r").issue("b1").parked();
    t.rows.beads[0].reason = "http_4xx: title is too long";
    expect_shut(t, gate_reason::parked, "title is too long");
}

TEST(Gate, ABackoffEndsByItself) {
    town t;
    t.rig("r").issue("b1").due_in(duration{5'000});
    expect_shut(t, gate_reason::backing_off, "in 5 s", t.now + duration{5'000});
    EXPECT_EQ(t.tick().it.look_again_at, t.now + duration{5'000});
    t.now += duration{5'000};
    EXPECT_TRUE(t.tick().starts("b1"));
}

TEST(Gate, D12AnOpenPlaceRefusesWithItsCause) {
    town t;
    t.rig("r").issue("b1");
    t.fail_place("r", agent_role::polecat, "connect_refused: nobody there", true);
    const instant due = t.next_try("r", agent_role::polecat);
    expect_shut(t, gate_reason::breaker_open, "connect_refused: nobody there", due);
    EXPECT_EQ(t.tick().it.look_again_at, due);
}

// D6, D3: restored as open; when due, one probe for the whole town.
TEST(Gate, D3ADuePlaceLetsOneStartOut) {
    town t;
    t.rig("r");
    for (int i = 0; i < 9; ++i)
        t.issue("b" + std::to_string(i));
    t.fail_place("r", agent_role::polecat, "reset: gone");
    t.now = t.next_try("r", agent_role::polecat);
    const auto out = t.tick();
    EXPECT_EQ(out.started(), std::vector<std::string>{"b0"});
    EXPECT_EQ(out.waiting(gate_reason::probe_in_flight), 8);
}

TEST(Gate, AForcedOpenBreakerHasItsOwnReason) {
    town t;
    t.rig("r").issue("b1");
    breaker_entry e;
    e.state.force(breaker_state::forced_open, t.now, t.now + duration{60'000});
    e.rig = "r";
    t.breakers.put("place/r/polecat", e);
    expect_shut(t, gate_reason::breaker_forced_open, "place/r/polecat", t.now + duration{60'000});
}

// D10: an open breaker stops starts and nothing else.
TEST(Gate, D10RepairsGoOnWhileABreakerIsOpen) {
    town t;
    t.rig("r").issue("b1");
    t.issue("b2").started().updated_ago(bead_stale_after);
    t.fail_place("r", agent_role::polecat, "reset: gone");
    EXPECT_TRUE(t.tick().moves("b2", bead_status::open));
}

TEST(Gate, AnAgentWithAnOpenBreakerIsPassedOverForAFreeOne) {
    town t;
    t.rig("r").polecat("Toast");
    t.polecat("Maple");
    t.issue("b1");
    t.open_breaker("agent/r/polecat/Toast", breaker_scope::agent, "git_failed: no space");
    EXPECT_EQ(t.tick().find<start_agent>("b1")->agent, "Maple");
    t.rows.rigs[0].max_concurrent_polecats = 1;
    t.rows.agents.pop_back();
    expect_shut(t, gate_reason::breaker_open, "git_failed: no space", t.now + duration{30'000});
}

// C5: an agent whose record is gone is made again under its name, and meets its old breaker.
TEST(Gate, C5AReplacedAgentMeetsItsOldBreaker) {
    town t;
    t.rig("r").issue("b1");
    t.open_breaker("agent/r/polecat/Toast", breaker_scope::agent, "git_failed: no space");
    expect_shut(t, gate_reason::breaker_open, "agent/r/polecat/Toast", t.now + duration{30'000});
}

TEST(Gate, AnAgentThatIsBeingStoppedIsNotUsed) {
    town t;
    t.rig("r").polecat("Toast");
    t.issue("b1");
    t.rows.rigs[0].max_concurrent_polecats = 1;
    t.rows.stops.push_back({"Toast", "silence", t.now, 0, t.now + duration{1'000}});
    expect_shut(t, gate_reason::no_free_agent, "polecats");
    t.rows.stops.clear();
    EXPECT_EQ(t.tick().find<start_agent>("b1")->agent, "Toast");
}

// Kueue #12812: what a person decided is seen before what is broken.
TEST(Gate, WhatAPersonDecidedComesBeforeWhatIsBroken) {
    town t;
    t.rig("r").issue("b1").label("gt:held").due_in(duration{9'000});
    t.fail_place("r", agent_role::polecat, "reset: gone");
    expect_shut(t, gate_reason::bead_not_dispatchable, "gt:held");
}

TEST(Gate, ExplainShowsEveryGateAndNoneWithoutWords) {
    town t;
    t.rig("r", "").issue("b1").label("gt:held").parked().due_in(duration{1'000});
    t.fail_place("r", agent_role::polecat, "reset: gone");
    const auto out = t.tick("b1");
    ASSERT_TRUE(out.it.explained);
    int shut = 0;
    for (const auto& line : *out.it.explained) {
        EXPECT_FALSE(line.detail.empty()) << line.gate;
        shut += line.passed ? 0 : 1;
    }
    EXPECT_EQ(shut, 5);
    EXPECT_FALSE(t.tick("nobody").it.explained) << "no such live bead";
}

TEST(Gate, EveryReasonHasItsText) {
    for (int i = 0; i < gate_reason_count; ++i)
        EXPECT_FALSE(to_text(static_cast<gate_reason>(i)).empty());
    EXPECT_EQ(to_text(gate_reason::breaker_open), "BreakerOpen");
    EXPECT_EQ(to_text(gate_reason::dispatchable), "Dispatchable");
}

}  // namespace
}  // namespace townd
