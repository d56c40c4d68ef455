// An option in the words of the reference, the manual and the sample.

#include <array>

#include "config/option_table.hpp"
#include "config/text_checks.hpp"

namespace townd::config {
namespace {

struct type_words {
    std::string operator()(const whole_option&) const { return "integer"; }
    std::string operator()(const real_option&) const { return "number"; }
    std::string operator()(const span_option&) const { return "duration"; }
    std::string operator()(const word_option&) const { return "word"; }
    std::string operator()(const mode_option&) const { return "word"; }
    std::string operator()(const switch_option& type) const {
        return type.word_true == "true" ? "boolean" : "word";
    }
    std::string operator()(const text_option&) const { return "text"; }
    std::string operator()(const optional_text_option&) const { return "text or null"; }
    std::string operator()(const path_option&) const { return "path"; }
    std::string operator()(const optional_path_option&) const { return "path or null"; }
};

std::string real_text(double value) {
    std::string out = std::to_string(value);
    out.erase(out.find_last_not_of('0') + 1);
    if (out.ends_with('.')) out.pop_back();
    return out;
}

struct range_words {
    std::string operator()(const whole_option& type) const {
        return std::to_string(type.min) + " to " + std::to_string(type.max);
    }
    std::string operator()(const real_option& type) const {
        return real_text(type.min) + " to " + real_text(type.max);
    }
    std::string operator()(const span_option& type) const {
        return duration_text(type.min) + " to " + duration_text(type.max);
    }
    std::string operator()(const word_option& type) const { return listed(type.allowed); }
    std::string operator()(const mode_option& type) const { return listed(type.allowed); }
    std::string operator()(const switch_option& type) const {
        return std::string{type.word_true} + " or " + std::string{type.word_false};
    }
    std::string operator()(const text_option& type) const { return std::string{type.form}; }
    std::string operator()(const optional_text_option& type) const {
        return std::string{type.form};
    }
    std::string operator()(const path_option&) const { return {}; }
    std::string operator()(const optional_path_option&) const { return {}; }
};

}  // namespace

std::string type_text(const option& which) {
    return std::visit(type_words{}, which.type);
}

std::string range_text(const option& which) {
    return std::visit(range_words{}, which.type);
}

bool is_text(const option& which) noexcept {
    return std::holds_alternative<text_option>(which.type) ||
           std::holds_alternative<optional_text_option>(which.type) ||
           std::holds_alternative<path_option>(which.type) ||
           std::holds_alternative<optional_path_option>(which.type);
}

std::vector<std::string_view> parts_of(std::string_view key) {
    std::vector<std::string_view> out;
    while (true) {
        const std::size_t dot = key.find('.');
        out.push_back(key.substr(0, dot));
        if (dot == std::string_view::npos) return out;
        key.remove_prefix(dot + 1);
    }
}

}  // namespace townd::config
