// How the values of each type of option are read, checked and written.

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <type_traits>

#include "config/option_table.hpp"
#include "config/text_checks.hpp"
#include "townd/words/error.hpp"

namespace townd::config {
namespace {

constexpr std::size_t text_bytes_max = 4096;

bool is_digit(char c) noexcept {
    return c >= '0' && c <= '9';
}

std::string quoted(std::string_view text) {
    return "\"" + clean_text(text, 60) + "\"";
}

// Decimal digits with an optional minus, no leading zero: `010` is 8 to YAML 1.1 and 10 to
// YAML 1.2.
bool is_whole(std::string_view text) noexcept {
    if (text.starts_with('-')) text.remove_prefix(1);
    if (text.empty() || (text.size() > 1 && text.front() == '0')) return false;
    return text.find_first_not_of("0123456789") == std::string_view::npos;
}

bool is_decimal(std::string_view text) noexcept {
    const std::size_t dot = text.find('.');
    if (dot == std::string_view::npos) return is_whole(text);
    const std::string_view fraction = text.substr(dot + 1);
    return is_whole(text.substr(0, dot)) && !fraction.empty() &&
           fraction.find_first_not_of("0123456789") == std::string_view::npos;
}

// Plain words that some YAML reader takes for a boolean or null.
bool is_yaml_word(std::string_view text) noexcept {
    constexpr std::array<std::string_view, 10> words{"true", "false", "yes", "no",   "on",
                                                     "off",  "y",     "n",   "null", "~"};
    std::string lower{text.substr(0, 8)};
    for (char& c : lower)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    for (const std::string_view each : words)
        if (lower == each && text.size() == each.size()) return true;
    return false;
}

std::string real_text(double value) {
    std::array<char, 32> buffer{};
    const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value,
                                   std::chars_format::fixed);
    return {buffer.data(), end.ptr};
}

// A text for YAML: bare when nothing could take it for something else.
std::string yaml_text(std::string_view text) {
    const bool safe_start =
        !text.empty() && (text.front() == '/' || text.front() == '.' ||
                          (text.front() >= 'a' && text.front() <= 'z') || is_digit(text.front()));
    // `12:30` is a number to YAML 1.1; an address with its dots, or a URL, is nothing else.
    const bool colons = text.find("://") != std::string_view::npos ||
                        (std::count(text.begin(), text.end(), '.') == 3 &&
                         std::count(text.begin(), text.end(), ':') == 1);
    const bool safe = text.find_first_not_of(
                          "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./-:") ==
                          std::string_view::npos &&
                      (colons || text.find(':') == std::string_view::npos) && !text.ends_with(':');
    if (safe_start && safe && !is_decimal(text) && !is_yaml_word(text)) return std::string{text};
    std::string out = "\"";
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') out += '\\';
        if (byte >= 0x20 && byte != 0x7F) {
            out += c;
            continue;
        }
        std::array<char, 8> escape{};
        std::snprintf(escape.data(), escape.size(), "\\x%02X", static_cast<unsigned>(byte));
        out += escape.data();
    }
    return out + "\"";
}

// What is wrong with a scalar that should be a text, before anything is known of its form.
std::string check_text(const written_value& value, std::string_view wanted) {
    const std::string remedy = " (write " + std::string{wanted} + ")";
    if (value.null) return "is null, which this key cannot be" + remedy;
    if (value.text.empty()) return "is empty" + remedy;
    if (value.text.size() > text_bytes_max) return "is longer than 4096 bytes" + remedy;
    for (const char c : value.text)
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F)
            return "holds a line break or control character" + remedy;
    if (value.plain && (is_decimal(value.text) || is_yaml_word(value.text)))
        return quoted(value.text) + " is a number or truth value, not a text" + remedy;
    return {};
}

constexpr std::string_view text_wanted = "a text; in quotes if it looks like something else";
constexpr std::string_view path_wanted = "a path";

std::string check_path(const written_value& value) {
    if (std::string wrong = check_text(value, path_wanted); !wrong.empty()) return wrong;
    if (value.text.front() == '~') return "`~` is not expanded (write the whole path)";
    return {};
}

std::string check_number(const written_value& value, std::string_view remedy) {
    if (value.null) return "is null, which this key cannot be" + std::string{remedy};
    if (value.plain) return {};
    return quoted(value.text) + " is a text in quotes, not a number" + std::string{remedy};
}

struct reader {
    const written_value& value;
    settings& into;

    std::string operator()(const whole_option& type) const {
        const std::string remedy = " (write a whole number from " + std::to_string(type.min) +
                                   " to " + std::to_string(type.max) + ")";
        if (std::string wrong = check_number(value, remedy); !wrong.empty()) return wrong;
        if (!is_whole(value.text))
            return quoted(value.text) + " is not a decimal whole number" + remedy;
        int number = 0;
        const char* const end = value.text.data() + value.text.size();
        const auto read = std::from_chars(value.text.data(), end, number);
        if (read.ec != std::errc{} || number < type.min || number > type.max)
            return clean_text(value.text, 60) + " is out of range" + remedy;
        type.at(into) = number;
        return {};
    }
    std::string operator()(const real_option& type) const {
        const std::string remedy =
            " (write a number from " + real_text(type.min) + " to " + real_text(type.max) + ")";
        if (std::string wrong = check_number(value, remedy); !wrong.empty()) return wrong;
        if (!is_decimal(value.text))
            return quoted(value.text) + " is not a decimal number" + remedy;
        double number = 0.0;
        const char* const end = value.text.data() + value.text.size();
        const auto read = std::from_chars(value.text.data(), end, number);
        if (read.ec != std::errc{} || !(number >= type.min && number <= type.max))
            return clean_text(value.text, 60) + " is out of range" + remedy;
        type.at(into) = number;
        return {};
    }
    std::string operator()(const span_option& type) const {
        const std::string remedy =
            " (write " + duration_text(type.min) + " to " + duration_text(type.max) + ")";
        if (value.null) return "is null, which this key cannot be" + remedy;
        const parsed_duration parsed = parse_duration(value.text);
        if (!parsed.value) return parsed.problem;
        if (*parsed.value < type.min || *parsed.value > type.max)
            return clean_text(value.text, 60) + " is out of range" + remedy;
        type.at(into) = *parsed.value;
        return {};
    }
    std::string operator()(const word_option& type) const {
        for (const std::string_view each : type.allowed) {
            if (value.null || value.text != each) continue;
            type.at(into) = each;
            return {};
        }
        return not_a_word(type.allowed);
    }
    std::string operator()(const mode_option& type) const {
        for (std::size_t i = 0; i < type.allowed.size(); ++i) {
            if (value.null || value.text != type.allowed[i]) continue;
            type.at(into) = static_cast<outage_mode>(i);
            return {};
        }
        return not_a_word(type.allowed);
    }
    std::string operator()(const switch_option& type) const {
        const bool fits = type.word_true != "true" || value.plain;  // "true" in quotes is a text.
        if (!value.null && fits &&
            (value.text == type.word_true || value.text == type.word_false)) {
            type.at(into) = value.text == type.word_true;
            return {};
        }
        return not_a_word(std::array{type.word_true, type.word_false});
    }
    std::string operator()(const text_option& type) const {
        if (std::string wrong = check_form(type.check); !wrong.empty()) return wrong;
        type.at(into) = value.text;
        return {};
    }
    std::string operator()(const optional_text_option& type) const {
        if (value.null) {
            type.at(into).reset();
            return {};
        }
        if (std::string wrong = check_form(type.check); !wrong.empty()) return wrong;
        type.at(into) = std::string{value.text};
        return {};
    }
    std::string operator()(const path_option& type) const {
        if (std::string wrong = check_path(value); !wrong.empty()) return wrong;
        type.at(into) = value.text;
        return {};
    }
    std::string operator()(const optional_path_option& type) const {
        if (value.null) {
            type.at(into).reset();
            return {};
        }
        if (std::string wrong = check_path(value); !wrong.empty()) return wrong;
        type.at(into) = value.text;
        return {};
    }

private:
    [[nodiscard]] std::string not_a_word(std::span<const std::string_view> allowed) const {
        const std::string shown = value.null ? "null" : quoted(value.text);
        return shown + " is none of the possible words (write " + listed(allowed) + ")";
    }
    // The form's own remedy first: it has an example.
    [[nodiscard]] std::string check_form(text_check check) const {
        if (!value.null && !value.text.empty())
            if (std::string wrong = check(value.text); !wrong.empty()) return wrong;
        return check_text(value, text_wanted);
    }
};

struct writer {
    settings& from;

    std::string operator()(const whole_option& type) const { return std::to_string(type.at(from)); }
    std::string operator()(const real_option& type) const { return real_text(type.at(from)); }
    std::string operator()(const span_option& type) const { return duration_text(type.at(from)); }
    std::string operator()(const word_option& type) const { return yaml_text(type.at(from)); }
    std::string operator()(const mode_option& type) const {
        return std::string{type.allowed[static_cast<std::size_t>(type.at(from))]};
    }
    std::string operator()(const switch_option& type) const {
        return std::string{type.at(from) ? type.word_true : type.word_false};
    }
    std::string operator()(const text_option& type) const { return yaml_text(type.at(from)); }
    std::string operator()(const optional_text_option& type) const {
        return type.at(from) ? yaml_text(*type.at(from)) : "null";
    }
    std::string operator()(const path_option& type) const {
        return yaml_text(type.at(from).native());
    }
    std::string operator()(const optional_path_option& type) const {
        return type.at(from) ? yaml_text(type.at(from)->native()) : "null";
    }
};

struct copier {
    settings& from;
    settings& into;

    void operator()(const auto& type) const { type.at(into) = type.at(from); }
};

}  // namespace

void copy_option(const option& which, const settings& from, settings& into) {
    settings copy = from;  // The table's accessors are for writing too.
    std::visit(copier{copy, into}, which.type);
}

std::string read_option(const option& which, const written_value& value, settings& into) {
    return std::visit(reader{value, into}, which.type);
}

std::string option_text(const option& which, const settings& values) {
    settings copy = values;  // The table's accessors are for writing too.
    return std::visit(writer{copy}, which.type);
}

}  // namespace townd::config
