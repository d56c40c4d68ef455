#include "debug/html.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

#include "townd/words/error.hpp"

namespace townd::debug {
namespace {

// U+202A..U+202E and U+2066..U+2069 turn the direction of what follows, U+2028 and U+2029 break
// lines: with them a message can make a page say what it does not. All are E2 80 or E2 81 in UTF-8.
bool turns_direction(std::string_view text, std::size_t at) {
    if (text.size() - at < 3 || text[at] != '\xE2') return false;
    const auto last = static_cast<unsigned char>(text[at + 2]);
    if (text[at + 1] == '\x80') return last >= 0xA8 && last <= 0xAE;
    return text[at + 1] == '\x81' && last >= 0xA6 && last <= 0xA9;
}

}  // namespace

std::string escaped(std::string_view foreign, std::size_t max) {
    const std::string clean = clean_text(foreign, max);
    std::string out;
    out.reserve(clean.size() + clean.size() / 8);
    for (std::size_t i = 0; i < clean.size(); ++i) {
        switch (clean[i]) {
            case '&':
                out += "&amp;";
                break;
            case '<':
                out += "&lt;";
                break;
            case '>':
                out += "&gt;";
                break;
            case '"':
                out += "&quot;";
                break;
            case '\'':
                out += "&#39;";
                break;
            default:
                if (turns_direction(clean, i)) {
                    out += "\xEF\xBF\xBD";
                    i += 2;
                } else {
                    out += clean[i];
                }
        }
    }
    return out;
}

std::string url_part(std::string_view text) {
    std::string out;
    for (const char c : text) {
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                           (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.' || c == '~';
        if (plain) {
            out += c;
            continue;
        }
        std::array<char, 4> code{};
        std::snprintf(code.data(), code.size(), "%%%02X",
                      static_cast<unsigned>(static_cast<unsigned char>(c)));
        out += code.data();
    }
    return out;
}

std::string grouped(std::int64_t number) {
    std::string digits = std::to_string(number);
    const std::size_t first = number < 0 ? 1 : 0;
    for (std::size_t i = digits.size(); i > first + 3;) {
        i -= 3;
        digits.insert(i, "\xC2\xA0");
    }
    return digits;
}

markup& markup::percent(std::int64_t part, std::int64_t whole) {
    const double share =
        whole <= 0 ? 0.0 : 100.0 * static_cast<double>(part) / static_cast<double>(whole);
    std::array<char, 16> text{};
    std::snprintf(text.data(), text.size(), "%.2f%%", std::clamp(share, 0.0, 100.0));
    html_ += text.data();
    return *this;
}

}  // namespace townd::debug
