// clean_text and cut_text: whatever foreign bytes come in, valid and bounded text comes out.

#include <gtest/gtest.h>

#include <chrono>
#include <random>

#include "townd/words/error.hpp"

namespace townd {
namespace {

// Strict UTF-8, written apart from the code under test: decodes and re-checks the code point.
bool is_utf8(std::string_view text) {
    std::size_t at = 0;
    while (at < text.size()) {
        const auto first = static_cast<unsigned char>(text[at]);
        std::size_t more = 0;
        std::uint32_t point = 0;
        if (first < 0x80) {
            ++at;
            continue;
        }
        if ((first & 0xE0U) == 0xC0) {
            more = 1;
            point = first & 0x1FU;
        } else if ((first & 0xF0U) == 0xE0) {
            more = 2;
            point = first & 0x0FU;
        } else if ((first & 0xF8U) == 0xF0) {
            more = 3;
            point = first & 0x07U;
        } else {
            return false;
        }
        if (at + more >= text.size()) return false;
        for (std::size_t i = 1; i <= more; ++i) {
            const auto next = static_cast<unsigned char>(text[at + i]);
            if ((next & 0xC0U) != 0x80) return false;
            point = (point << 6U) | (next & 0x3FU);
        }
        const std::uint32_t least = more == 1 ? 0x80 : more == 2 ? 0x800 : 0x10000;
        if (point < least || point > 0x10FFFF || (point >= 0xD800 && point <= 0xDFFF)) return false;
        at += more + 1;
    }
    return true;
}

bool has_control(std::string_view text) {
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto c = static_cast<unsigned char>(text[i]);
        if (c < 0x20 || c == 0x7F) return true;
        if (c == 0xC2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xA0)
            return true;
    }
    return false;
}

TEST(CleanText, LeavesGoodTextAlone) {
    for (const char* text : {"", "plain", "Grüße, 東京 🏙", "a\xC2\xA0z"})
        EXPECT_EQ(clean_text(text, 100), text);
}

TEST(CleanText, ReplacesEveryInvalidByte) {
    EXPECT_EQ(clean_text("a\xFFz", 100), "a\xEF\xBF\xBDz");
    EXPECT_EQ(clean_text("\xC0\x80", 100), "\xEF\xBF\xBD\xEF\xBF\xBD") << "overlong NUL";
    EXPECT_EQ(clean_text("\xE2\x82", 100), "\xEF\xBF\xBD\xEF\xBF\xBD") << "cut off";
    for (const char* text :
         {"\xED\xA0\x80", "\xF4\x90\x80\x80", "\xE0\x9F\xBF", "\xF0\x8F\xBF\xBF"})
        EXPECT_EQ(clean_text(text, 100).find(text), std::string::npos);
}

TEST(CleanText, MakesControlCharactersBlanks) {
    EXPECT_EQ(clean_text("a\r\n\tb\x1B[31mc\x7F", 100), "a   b [31mc ");
    EXPECT_EQ(clean_text(std::string_view{"a\0b", 3}, 100), "a b");
    EXPECT_EQ(clean_text("a\xC2\x9B"
                         "31mz\xC2\x85",
                         100),
              "a 31mz ")
        << "C1 controls";
}

TEST(CleanText, CutsAtABoundaryAndTellsTheTrueLength) {
    const std::string_view euro = "€";
    std::string text;
    for (int i = 0; i < 100; ++i)
        text += euro;
    for (std::size_t max = 30; max < 60; ++max) {
        const std::string out = clean_text(text, max);
        EXPECT_LE(out.size(), max);
        EXPECT_TRUE(is_utf8(out)) << max;
        EXPECT_TRUE(out.ends_with("…[cut, 300 bytes]")) << out;
        EXPECT_EQ(out.find("\xEF\xBF\xBD"), std::string::npos) << "good text was damaged: " << out;
    }
    EXPECT_EQ(clean_text(text, 300), text) << "exactly at the bound";
}

TEST(CleanText, TextThatGrowsByReplacementIsCutAsWell) {
    const std::string out = clean_text(std::string(100, '\xFF'), 120);
    EXPECT_LE(out.size(), 120U);
    EXPECT_TRUE(is_utf8(out));
    EXPECT_TRUE(out.ends_with("…[cut, 100 bytes]")) << out;
}

TEST(CleanText, DoesNotDamageGoodTextWhereItShrinksAndIsCut) {
    std::string text;
    for (int i = 0; i < 40; ++i)
        text += "\xC2\x85";
    text += "€€€€€€€€";
    const std::string out = clean_text(text, 81);
    EXPECT_EQ(out.find("\xEF\xBF\xBD"), std::string::npos) << out;
}

TEST(CleanText, LooksOnlyAtWhatCanBeKept) {
    const std::string big(10'000'000, '\xFF');
    const auto before = std::chrono::steady_clock::now();
    for (int i = 0; i < 100; ++i) {
        const std::string out = clean_text(big, 1024);
        ASSERT_LE(out.size(), 1024U);
        ASSERT_TRUE(out.ends_with("…[cut, 10000000 bytes]"));
    }
    // A thousand million bytes walked through would take far longer, even on a slow machine.
    EXPECT_LT(std::chrono::steady_clock::now() - before, std::chrono::seconds{2});
}

TEST(CleanText, AnyBytesBecomeBoundedUtf8WithoutControls) {
    const unsigned seed = 7;
    std::mt19937 random{seed};
    const std::vector<std::string> bits{"€",    "ü",        "🏙",     "a",    " ",
                                        "\xC2", "\xE2\x82", "\xF0\x9F", "\x80", "\xC2\x90",
                                        "\n",   "\xED\xA0", "\xFF"};
    for (int i = 0; i < 20'000; ++i) {
        std::string text;
        const auto length = random() % 60;
        for (std::size_t k = 0; k < length; ++k)
            text += random() % 4 == 0 ? std::string(1, static_cast<char>(random() % 256))
                                      : bits[random() % bits.size()];
        const std::size_t max = random() % 90;
        const std::string out = clean_text(text, max);
        ASSERT_LE(out.size(), max) << "seed " << seed << " step " << i;
        ASSERT_TRUE(is_utf8(out)) << "seed " << seed << " step " << i;
        ASSERT_FALSE(has_control(out)) << "seed " << seed << " step " << i;
        ASSERT_EQ(clean_text(out, max), out) << "cleaning twice changes nothing";
    }
}

TEST(CutText, LeavesWhatFits) {
    EXPECT_EQ(cut_text("", 0), "");
    EXPECT_EQ(cut_text("abc", 3), "abc");
}

TEST(CutText, KeepsAsMuchAsFitsBesideTheMarker) {
    const std::string text(50, 'x');
    EXPECT_EQ(cut_text(text, 30), std::string(12, 'x') + "…[cut, 50 bytes]");
    EXPECT_EQ(cut_text(text, 30).size(), 30U);
}

TEST(CutText, WithoutRoomForTheMarkerTheTextItselfIsKept) {
    EXPECT_EQ(cut_text(std::string(50, 'x'), 10), std::string(10, 'x'));
    EXPECT_EQ(cut_text("€€€€", 7), "€€");
    EXPECT_EQ(cut_text("€€€€", 2), "");
}

TEST(CutText, NeverBreaksACharacter) {
    std::string text = "aü€🏙";
    for (int i = 0; i < 4; ++i)
        text += text;
    for (std::size_t max = 0; max < text.size(); ++max) {
        EXPECT_TRUE(is_utf8(cut_text(text, max))) << max;
        EXPECT_LE(cut_text(text, max).size(), max);
    }
}

}  // namespace
}  // namespace townd
