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

TEST(Trace, TheIdOfAUuidIsItsDigits) {
    EXPECT_EQ(trace_id_of("0af76519-16cd-43dd-8448-eb211c80319c"),
              "0af7651916cd43dd8448eb211c80319c");
}

TEST(Trace, EveryIdGivesAValidTraceparentOfItsOwn) {
    std::set<std::string> seen;
    for (const char* id : {"d1", "d11", "", "00000000-0000-0000-0000-000000000000", "t-1\r\nX: y",
                           "0af76519-16cd-43dd-8448-eb211c80319c"}) {
        const std::string header = traceparent_of(id);
        ASSERT_EQ(header.size(), 55U) << id;
        EXPECT_EQ(header.substr(0, 36), "00-" + trace_id_of(id) + "-");
        EXPECT_EQ(header.substr(52), "-01");
        EXPECT_EQ(header.find_first_not_of("0123456789abcdef-"), std::string::npos);
        EXPECT_NE(trace_id_of(id), std::string(32, '0'));
        EXPECT_NE(header.substr(36, 16), std::string(16, '0'));
        EXPECT_TRUE(seen.insert(header).second) << id;
    }
}

}  // namespace
}  // namespace townd
