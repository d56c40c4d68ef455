#include "townd/words/error.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <utility>

namespace townd {
namespace {

struct code_words {
    std::string_view name;
    std::string_view meaning;
};

constexpr std::array<code_words, error_code_count> codes{{
    {"resolve_failed", "the container's host name could not be resolved"},
    {"connect_refused", "the container refused the connection"},
    {"connect_timeout", "the container did not answer the connect"},
    {"connect_unreachable", "there is no route to the container"},
    {"tls_failed", "the TLS handshake with the container failed"},
    {"write_failed", "the request could not be written to the container"},
    {"header_timeout", "the container took the request and did not answer in time"},
    {"body_timeout", "the container began an answer and did not finish it in time"},
    {"reset", "the container reset the connection"},
    {"eof_early", "the container closed the connection before a whole answer"},
    {"http_4xx", "the container refused the request"},
    {"http_429", "the container or its provider is rate limiting"},
    {"http_5xx", "the container failed to serve the request"},
    {"http_503_draining", "the container is draining"},
    {"body_invalid", "the container's answer is not in the expected form"},
    {"body_too_large", "the container's answer is over the size limit"},
    {"start_rejected", "the container answered without starting the agent"},
    {"agent_exited", "the agent ended before its work was done"},
    {"agent_no_heartbeat", "the agent stopped sending heartbeats"},
    {"git_failed", "the container could not set up the repository"},
    {"credentials_rejected", "the container did not accept the credentials"},
    {"config_invalid", "the town or rig lacks configuration that a start needs"},
    {"budget_exceeded", "the budget of starts is used up"},
    {"storage_error", "the town's database failed"},
    {"storage_too_big", "a value is too big for the town's database"},
    {"cancelled", "the attempt was cancelled"},
    {"internal", "an internal error of townd"},
    {"unknown", "an error without a known class"},
}};

constexpr std::array<std::string_view, 10> phases{
    "prepare", "resolve", "connect", "tls", "write", "header", "body", "decode", "start", "agent"};
constexpr std::array<std::string_view, 5> blames{"infrastructure", "agent", "config", "caller",
                                                 "unknown"};
constexpr std::array<std::string_view, 5> levels{"none", "bead", "agent", "place", "outage"};
constexpr std::array<std::string_view, 11> kinds{
    "invalid",    "unauthorized", "forbidden", "not_found", "conflict", "too_large",
    "overloaded", "unavailable",  "storage",   "locked",    "internal"};

template <class Enum, std::size_t N>
std::optional<Enum> find_in(const std::array<std::string_view, N>& names,
                            std::string_view text) noexcept {
    for (std::size_t i = 0; i < N; ++i)
        if (names[i] == text) return static_cast<Enum>(i);
    return std::nullopt;
}

// Length of the valid UTF-8 sequence at the start of `text`, or 0.
std::size_t utf8_length(std::string_view text) noexcept {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned char first = byte(0);
    std::size_t length = 0;
    if (first < 0x80) return 1;
    if (first >= 0xC2 && first <= 0xDF) length = 2;
    if (first >= 0xE0 && first <= 0xEF) length = 3;
    if (first >= 0xF0 && first <= 0xF4) length = 4;
    if (length == 0 || text.size() < length) return 0;
    for (std::size_t i = 1; i < length; ++i)
        if ((byte(i) & 0xC0) != 0x80) return 0;
    if (first == 0xE0 && byte(1) < 0xA0) return 0;  // Overlong.
    if (first == 0xED && byte(1) > 0x9F) return 0;  // Surrogates.
    if (first == 0xF0 && byte(1) < 0x90) return 0;  // Overlong.
    if (first == 0xF4 && byte(1) > 0x8F) return 0;  // Above U+10FFFF.
    return length;
}

std::uint64_t fnv1a(std::uint64_t hash, std::string_view text) noexcept {
    for (const char c : text)
        hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
    return (hash ^ 0xFFU) * 1099511628211ULL;  // A separator that is in no UTF-8 text.
}

bool is_hex(char c) noexcept {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}
bool is_word(char c) noexcept {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

// One word of a message: where it ends and what it looks like.
struct word {
    std::size_t end = 0;
    bool digit = false;
    bool hex = true;
};

word word_at(std::string_view text, std::size_t at) noexcept {
    word out{at, false, true};
    for (; out.end < text.size() && is_word(text[out.end]); ++out.end) {
        out.digit = out.digit || (text[out.end] >= '0' && text[out.end] <= '9');
        out.hex = out.hex && is_hex(text[out.end]);
    }
    return out;
}

// Where an identifier or address that starts at `at` ends: words that hold a digit or are made of
// hex letters, tied by `-`, `:` or `.`, with one digit at least (a group of a UUID may have none).
// `at` itself when there is none.
std::size_t identifier_end(std::string_view text, std::size_t at) noexcept {
    word part = word_at(text, at);
    if (!part.digit && !part.hex) return at;
    bool varies = part.digit || part.end - at >= 8;
    std::size_t end = part.end;
    while (true) {
        std::size_t next = end;
        while (next < text.size() && next < end + 2 &&
               (text[next] == '-' || text[next] == ':' || text[next] == '.'))
            ++next;
        if (next == end || next == text.size() || !is_word(text[next])) break;
        part = word_at(text, next);
        if (!part.digit && !part.hex) break;
        varies = varies || part.digit;
        end = part.end;
    }
    return varies ? end : at;
}

// The message with what varies between occurrences of one cause taken out: numbers, ids, addresses,
// ports and times become `#`.
std::string normalised(std::string_view message) {
    std::string out;
    std::size_t at = 0;
    while (at < message.size()) {
        if (!is_word(message[at])) {
            out += message[at++];
            continue;
        }
        if (const std::size_t end = identifier_end(message, at); end != at) {
            out += '#';
            at = end;
            continue;
        }
        const std::size_t end = word_at(message, at).end;
        out += message.substr(at, end - at);
        at = end;
    }
    return out;
}

}  // namespace

std::string_view to_text(error_code code) noexcept {
    return codes[static_cast<std::size_t>(code)].name;
}
std::string_view describe(error_code code) noexcept {
    return codes[static_cast<std::size_t>(code)].meaning;
}
std::string_view to_text(error_phase phase) noexcept {
    return phases[static_cast<std::size_t>(phase)];
}
std::string_view to_text(blame who) noexcept {
    return blames[static_cast<std::size_t>(who)];
}
std::string_view to_text(charge_level level) noexcept {
    return levels[static_cast<std::size_t>(level)];
}
std::string_view to_text(errc kind) noexcept {
    return kinds[static_cast<std::size_t>(kind)];
}

std::optional<error_code> parse_error_code(std::string_view text) noexcept {
    for (std::size_t i = 0; i < codes.size(); ++i)
        if (codes[i].name == text) return static_cast<error_code>(i);
    return std::nullopt;
}
std::optional<error_phase> parse_error_phase(std::string_view text) noexcept {
    return find_in<error_phase>(phases, text);
}
std::optional<blame> parse_blame(std::string_view text) noexcept {
    return find_in<blame>(blames, text);
}
std::optional<charge_level> parse_charge_level(std::string_view text) noexcept {
    return find_in<charge_level>(levels, text);
}

std::string cut_text(std::string_view text, std::size_t max) {
    if (text.size() <= max) return std::string{text};
    const std::string marker = "…[cut, " + std::to_string(text.size()) + " bytes]";
    const bool marked = max > marker.size();
    std::size_t keep = marked ? max - marker.size() : max;
    while (keep > 0 && (static_cast<unsigned char>(text[keep]) & 0xC0) == 0x80)
        --keep;
    return std::string{text.substr(0, keep)} + (marked ? marker : std::string{});
}

static bool is_turning(std::string_view e2_text) noexcept {
    const auto last = static_cast<unsigned char>(e2_text[2]);
    if (e2_text[1] == '\x80') return last >= 0xA8 && last <= 0xAE;
    return e2_text[1] == '\x81' && last >= 0xA6 && last <= 0xA9;
}

std::string clean_text(std::string_view raw, std::size_t max) {
    // Only as much as can end up in the result is looked at: the input may be megabytes.
    const bool longer = raw.size() > max;
    std::size_t taken = longer ? max : raw.size();
    // Not half a character: a continuation byte follows at most three bytes after its first.
    for (int back = 0; longer && back < 3 && taken > 0; ++back, --taken)
        if ((static_cast<unsigned char>(raw[taken]) & 0xC0) != 0x80) break;
    std::string_view rest = raw.substr(0, taken);
    std::string out;
    out.reserve(rest.size());
    while (!rest.empty()) {
        const std::size_t length = utf8_length(rest);
        if (length == 0) {
            out += "\xEF\xBF\xBD";
            rest.remove_prefix(1);
            continue;
        }
        const auto first = static_cast<unsigned char>(rest.front());
        const bool control = length == 1 && (first < 0x20 || first == 0x7F);
        // C1 controls as well: a terminal would obey them.
        const bool c1 = length == 2 && first == 0xC2 && static_cast<unsigned char>(rest[1]) < 0xA0;
        // Characters that turn the direction of what follows, or break the line where \n does not:
        // U+2028..U+202E and U+2066..U+2069. With them a text can show what it does not say.
        const bool turns = length == 3 && first == 0xE2 && is_turning(rest);
        if (control || c1) {
            out += ' ';
        } else if (turns) {
            out += "\xEF\xBF\xBD";
        } else {
            out += rest.substr(0, length);
        }
        rest.remove_prefix(length);
    }
    if (!longer && out.size() <= max) return out;
    const std::string marker = "…[cut, " + std::to_string(raw.size()) + " bytes]";
    if (max <= marker.size()) return cut_text(out, max);
    std::size_t keep = out.size() < max - marker.size() ? out.size() : max - marker.size();
    while (keep > 0 && keep < out.size() && (static_cast<unsigned char>(out[keep]) & 0xC0) == 0x80)
        --keep;
    return out.substr(0, keep) + marker;
}

namespace {

// Thousands of blanks in front would leave no room for the words behind them.
std::string_view without_leading_blanks(std::string_view text) noexcept {
    const auto first = std::find_if(text.begin(), text.end(), [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return byte > 0x20 && byte != 0x7F;
    });
    return text.substr(static_cast<std::size_t>(first - text.begin()));
}

}  // namespace

dispatch_error::dispatch_error(error_code code, error_phase phase, blame whose,
                               std::string_view message)
    : who(whose),
      code_(code),
      phase_(phase),
      message_(clean_text(without_leading_blanks(message), error_message_bytes_max)) {
    if (message_.find_first_not_of(' ') == std::string::npos) message_ = describe(code);
}

std::string dispatch_error::fingerprint(std::string_view role) const {
    std::uint64_t hash = 14695981039346656037ULL;
    hash = fnv1a(hash, to_text(code_));
    hash = fnv1a(hash, to_text(phase_));
    hash = fnv1a(hash, role);
    hash = fnv1a(hash, normalised(message_));
    std::array<char, 20> text{};
    std::snprintf(text.data(), text.size(), "%012llx",
                  static_cast<unsigned long long>(hash & 0xFFFFFFFFFFFFULL));
    return text.data();
}

failure::failure(errc k, std::string text) : kind(k), what(std::move(text)) {
    if (what.find_first_not_of(" \t\r\n") == std::string::npos) what = to_text(kind);
}

}  // namespace townd
