// Triage requests and escalations: what needs a mind, within bounds.

#include <gtest/gtest.h>

#include "decide/town_builder.hpp"

namespace townd {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

struct concern_town : town {
    concern_town() { rig("r"); }
    concern& request(const std::string& id, std::optional<bead_id> about, int batches = 0) {
        issue(id).label("gt:triage-request");
        rows.concerns.push_back(
            {id, std::move(about), std::nullopt, "stuck_agent", false, batches});
        return rows.concerns.back();
    }
    concern& escalation(const std::string& id, std::optional<bead_id> about, duration age,
                        int repeats = 0) {
        work(id, bead_type::escalation, "r").created_ago(age);
        rows.concerns.push_back({id, std::move(about), std::nullopt, "x", false, repeats});
        return rows.concerns.back();
    }
    [[nodiscard]] const start_triage* batch() const {
        kept_ = tick();
        for (const auto& p : kept_->it.actions)
            if (const auto* s = std::get_if<start_triage>(&p.what)) return s;
        return nullptr;
    }
    mutable std::optional<outcome> kept_;
};

TEST(TriageRules, OpenRequestsMakeOneBatchWhichIsStartedAsAnyWork) {
    concern_town t;
    t.issue("b1").label("gt:held");
    t.request("q1", "b1");
    t.request("q2", "b1");
    const auto* batch = t.batch();
    ASSERT_NE(batch, nullptr);
    EXPECT_EQ(batch->requests, (std::vector<bead_id>{"q1", "q2"}));
    t.issue("batch").label("gt:triage");
    EXPECT_EQ(t.batch(), nullptr) << "one at a time";
    EXPECT_TRUE(t.tick().starts("batch"));
    EXPECT_FALSE(t.tick().starts("q1"));
}

// Kilo #965, #4132: a triage that could not start made the next one, without end.
TEST(TriageRules, F1ABatchThatCannotStartMakesNoOther) {
    concern_town t;
    t.issue("b1").label("gt:held");
    t.request("q1", "b1", 1);
    t.issue("batch").label("gt:triage").due_in(minutes{10});
    t.fail_place("r", agent_role::polecat, "connect_refused: gone", true);
    EXPECT_TRUE(t.tick().is_quiet());
    EXPECT_EQ(t.why("batch").gate, gate_reason::backing_off) << "the same gate as all work";
}

TEST(TriageRules, F1ARequestIsInTwoBatchesAtMostThenAPersonIsTold) {
    concern_town t;
    t.issue("b1").label("gt:held");
    t.request("q1", "b1", triage_batches_max);
    const auto out = t.tick();
    EXPECT_TRUE(out.moves("q1", bead_status::closed));
    EXPECT_TRUE(out.does<escalate>("b1"));
    EXPECT_EQ(t.batch(), nullptr);
}

TEST(TriageRules, F2ARequestThatNobodyResolvesIsOverAfterADay) {
    concern_town t;
    t.issue("b1").label("gt:held");
    t.request("q1", "b1");
    t.rows.beads.back().created_at = t.now - triage_over_after;
    EXPECT_TRUE(t.tick().moves("q1", bead_status::closed));
}

TEST(TriageRules, ARequestGoesWithWhatItIsAboutAndTellsNobody) {
    concern_town t;
    t.request("q1", "over");
    const auto out = t.tick();
    EXPECT_TRUE(out.moves("q1", bead_status::closed));
    EXPECT_EQ(out.it.actions.size(), 1U);
}

// Kilo #3944: one batch a minute in a rig without code.
TEST(TriageRules, F3ARigWithoutARepositoryGetsNoBatch) {
    town t;
    t.rig("bare", "");
    t.issue("b1", "bare").label("gt:held");
    t.issue("q1", "bare").label("gt:triage-request");
    t.rows.concerns.push_back({"q1", "b1", std::nullopt, "stuck_agent", false, 0});
    EXPECT_TRUE(t.tick().is_quiet());
}

TEST(EscalationRules, F6IsToldAgainThreeTimesAtMostAtFourTwelveAndTwentyFourHours) {
    for (const auto& [told, after] : {std::pair{0, 4}, std::pair{1, 12}, std::pair{2, 24}}) {
        concern_town t;
        t.facts.opened_at = t.now - hours{100};
        t.issue("b1").label("gt:held");
        t.escalation("e1", "b1", hours{after} - duration{1}, told);
        EXPECT_TRUE(t.tick().is_quiet()) << told;
        t.rows.beads.back().created_at = t.now - hours{after};
        EXPECT_TRUE(t.tick().does<re_escalate>("e1")) << told;
    }
    concern_town t;
    t.issue("b1").label("gt:held");
    t.escalation("e1", "b1", hours{1000}, re_escalations_max);
    EXPECT_TRUE(t.tick().is_quiet());
}

TEST(EscalationRules, F6AnAcknowledgedOneIsSilentAndOneAboutWhatIsOverIsClosed) {
    concern_town t;
    t.issue("b1").label("gt:held");
    t.escalation("e1", "b1", hours{100}).acknowledged = true;
    EXPECT_TRUE(t.tick().is_quiet());
    t.escalation("e2", "over", hours{1});
    const auto out = t.tick();
    EXPECT_TRUE(out.moves("e2", bead_status::closed));
    EXPECT_EQ(out.it.actions.size(), 1U);
}

}  // namespace
}  // namespace townd
