#include "townd/words/error.hpp"

#include <gtest/gtest.h>

#include <set>

#include "townd/words/result.hpp"

namespace townd {
namespace {

error_code code_at(int i) {
    return static_cast<error_code>(i);
}

dispatch_error said(std::string_view message, error_code code = error_code::connect_refused) {
    return {code, error_phase::connect, blame::infrastructure, message};
}

std::string print_of(std::string_view message) {
    return said(message).fingerprint("polecat");
}

TEST(ErrorWords, EveryCodeHasItsOwnTextAndMeaning) {
    std::set<std::string_view> texts;
    for (int i = 0; i < error_code_count; ++i) {
        EXPECT_FALSE(describe(code_at(i)).empty());
        EXPECT_TRUE(texts.insert(to_text(code_at(i))).second) << to_text(code_at(i));
        EXPECT_EQ(parse_error_code(to_text(code_at(i))), code_at(i));
    }
    for (const char* text : {"", "UNKNOWN", "connect refused", "connect_refused "})
        EXPECT_EQ(parse_error_code(text), std::nullopt) << text;
}

TEST(ErrorWords, PhasesBlamesAndLevelsAreReadBack) {
    for (int i = 0; i <= static_cast<int>(error_phase::agent); ++i) {
        const auto phase = static_cast<error_phase>(i);
        EXPECT_EQ(parse_error_phase(to_text(phase)), phase);
    }
    for (int i = 0; i <= static_cast<int>(blame::unknown); ++i) {
        const auto who = static_cast<blame>(i);
        EXPECT_EQ(parse_blame(to_text(who)), who);
    }
    for (int i = 0; i <= static_cast<int>(charge_level::outage); ++i) {
        const auto level = static_cast<charge_level>(i);
        EXPECT_EQ(parse_charge_level(to_text(level)), level);
    }
    EXPECT_EQ(parse_error_phase("nowhere"), std::nullopt);
    EXPECT_EQ(parse_blame(""), std::nullopt);
    EXPECT_EQ(parse_charge_level("town"), std::nullopt);
}

// The incident's error column was empty on every row (A2).
TEST(DispatchError, A2IsNeverWithoutWords) {
    const std::string nothing_but_controls("\0\x01\x1B\x7F", 4);
    for (int i = 0; i < error_code_count; ++i) {
        for (const std::string& message :
             {std::string{}, std::string{" "}, std::string{"\n\t \r"}, nothing_but_controls,
              std::string{"\xC2\x85"}, std::string(5000, ' ')}) {
            const dispatch_error e{code_at(i), error_phase::start, blame::unknown, message};
            EXPECT_EQ(e.message(), describe(code_at(i)));
        }
        for (const std::string& message : {std::string{"\xFF\xFE"}, std::string(9999, '\xC3')}) {
            const dispatch_error e{code_at(i), error_phase::start, blame::unknown, message};
            EXPECT_NE(e.message().find("\xEF\xBF\xBD"), std::string::npos);
        }
    }
}

TEST(DispatchError, IsOneBoundedLine) {
    const auto e = said("first line\nsecond line " + std::string(100'000, 'x'));
    EXPECT_EQ(e.message().size(), error_message_bytes_max);
    EXPECT_EQ(e.message().find('\n'), std::string::npos);
    EXPECT_TRUE(e.message().ends_with(" bytes]"));
    EXPECT_EQ(said(std::string(error_message_bytes_max, 'x')).message(),
              std::string(error_message_bytes_max, 'x'));
}

TEST(Fingerprint, IsStableOverVersions) {
    // Stored in databases and compared between daemons: these values are part of the format.
    EXPECT_EQ(print_of("connection refused"), print_of("connection refused"));
    EXPECT_EQ(print_of("connection refused").size(), 12U);
    EXPECT_EQ(print_of("x").find_first_not_of("0123456789abcdef"), std::string::npos);
    EXPECT_EQ(print_of("connection refused"), "8e1262aede5c");
}

TEST(Fingerprint, IsTheSameForMessagesThatDifferByIdsPortsAndNumbers) {
    const std::vector<std::pair<std::string, std::string>> pairs{
        {"connect to 10.0.0.1:8080 refused", "connect to 192.168.17.254:65535 refused"},
        {"agent 7f3a9c21-aaaa-4bcd-8eef-0123456789ab died",
         "agent 0c4d2e11-1b2c-4777-9abc-bbbbbbbbbbbb died"},
        {"agent abcdefab-cdef-4abc-abcd-abcdefabcdef died",
         "agent 11111111-2222-4333-8444-555555555555 died"},
        {"request deadbeefcafe failed", "request 01ab45ef89cd failed"},
        {"no answer after 60 s", "no answer after 3 s"},
        {"exit code 137", "exit code 1"},
        {"token gt-7x2 expired at 2026-11-22T10:12:02.155Z",
         "token gt-9k1 expired at 2027-01-02T11:59:59.001Z"},
        {"peer fe80::1 gone", "peer 2001:db8::ff gone"}};
    for (const auto& [one, other] : pairs)
        EXPECT_EQ(print_of(one), print_of(other)) << one;
}

TEST(Fingerprint, OfTenThousandIdsIsOne) {
    std::set<std::string> prints;
    for (int i = 0; i < 10'000; ++i)
        prints.insert(print_of("agent polecat-" + std::to_string(i) + " on port " +
                               std::to_string(40'000 + i) + " failed"));
    EXPECT_EQ(prints.size(), 1U);
}

TEST(Fingerprint, DiffersByCodePhaseRoleAndWords) {
    const auto base = said("it failed");
    std::set<std::string> prints{base.fingerprint("polecat"), base.fingerprint("refinery"),
                                 print_of("it broke"), print_of("the added face failed"),
                                 print_of("the faded cafe failed")};
    EXPECT_EQ(prints.size(), 5U) << "short words of hex letters are words";
    const dispatch_error phase{error_code::connect_refused, error_phase::start,
                               blame::infrastructure, "it failed"};
    EXPECT_TRUE(prints.insert(phase.fingerprint("polecat")).second);
    std::set<std::string> by_code;
    for (int i = 0; i < error_code_count; ++i)
        by_code.insert(said("it failed", code_at(i)).fingerprint("polecat"));
    EXPECT_EQ(by_code.size(), static_cast<std::size_t>(error_code_count));
}

TEST(Failure, IsNeverWithoutWords) {
    for (int i = 0; i <= static_cast<int>(errc::internal); ++i) {
        const auto kind = static_cast<errc>(i);
        EXPECT_FALSE(to_text(kind).empty());
        EXPECT_EQ(failure(kind, "").what, to_text(kind));
        EXPECT_EQ(failure(kind, " \n").what, to_text(kind));
        EXPECT_EQ(failure(kind, "the disk is full").what, "the disk is full");
    }
}

TEST(Result, ReadingAFailureAsAValueSaysWhichFailure) {
    const result<int> bad{failure{errc::locked, "town x is locked by process 7"}};
    ASSERT_FALSE(bad.has_value());
    try {
        static_cast<void>(bad.value());
        FAIL() << "no exception";
    } catch (const std::logic_error& e) {
        EXPECT_NE(std::string{e.what()}.find("town x is locked by process 7"), std::string::npos);
    }
}

}  // namespace
}  // namespace townd
