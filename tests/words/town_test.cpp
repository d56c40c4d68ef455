#include "townd/words/town.hpp"

#include <gtest/gtest.h>

#include <set>

#include "townd/words/dispatch.hpp"

namespace townd {
namespace {

// Every value up to `last` has its own text, which is read back; other texts are not.
template <class Enum, class Parse>
void expect_round_trip(Enum last, Parse parse) {
    std::set<std::string_view> texts;
    for (int i = 0; i <= static_cast<int>(last); ++i) {
        const auto value = static_cast<Enum>(i);
        EXPECT_TRUE(texts.insert(to_text(value)).second) << to_text(value);
        EXPECT_EQ(parse(to_text(value)), value) << to_text(value);
    }
    for (const char* text : {"", " ", "weird", "OPEN", "open "})
        EXPECT_FALSE(parse(text).has_value()) << text;
}

TEST(TownWords, EnumerationsAreReadBack) {
    expect_round_trip(bead_type::agent, parse_bead_type);
    expect_round_trip(bead_status::failed, parse_bead_status);
    expect_round_trip(bead_priority::critical, parse_bead_priority);
    expect_round_trip(agent_role::mayor, parse_agent_role);
    expect_round_trip(dispatch_state::ended, parse_dispatch_state);
    expect_round_trip(attempt_outcome::unknown, parse_attempt_outcome);
}

TEST(TownWords, E4AnUnknownAgentStatusIsUnknownAndNoError) {
    for (int i = 0; i <= static_cast<int>(agent_status::unknown); ++i) {
        const auto value = static_cast<agent_status>(i);
        EXPECT_EQ(parse_agent_status(to_text(value)), value);
    }
    for (const char* text : {"", "exited", "WORKING", "working "})
        EXPECT_EQ(parse_agent_status(text), agent_status::unknown) << text;
}

TEST(TownWords, ClosedAndFailedAreTerminal) {
    EXPECT_TRUE(is_terminal(bead_status::closed));
    EXPECT_TRUE(is_terminal(bead_status::failed));
    for (const auto s : {bead_status::open, bead_status::in_progress, bead_status::in_review})
        EXPECT_FALSE(is_terminal(s));
}

TEST(TownWords, LabelsAreComparedWhole) {
    bead b;
    b.labels = {"gt:held-back", "x"};
    EXPECT_FALSE(b.has_label("gt:held"));
    EXPECT_TRUE(b.has_label("x"));
}

TEST(Dispatch, IntentUnknownAndStartedHoldTheirSlot) {
    dispatch d;
    for (int i = 0; i <= static_cast<int>(dispatch_state::ended); ++i) {
        d.state = static_cast<dispatch_state>(i);
        const bool live = d.state == dispatch_state::intent || d.state == dispatch_state::unknown ||
                          d.state == dispatch_state::started;
        EXPECT_EQ(d.is_live(), live) << to_text(d.state);
        EXPECT_EQ(d.is_settled(),
                  d.state != dispatch_state::intent && d.state != dispatch_state::unknown);
    }
}

}  // namespace
}  // namespace townd
