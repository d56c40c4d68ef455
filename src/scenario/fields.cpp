#include "scenario/fields.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "config/text_checks.hpp"
#include "townd/words/error.hpp"

namespace townd::scenario {
namespace {

using config::yaml_node;

std::string shown(std::string_view text) {
    return "\"" + clean_text(text, 60) + "\"";
}

std::string number_text(double value) {
    std::array<char, 32> buffer{};
    const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value,
                                   std::chars_format::fixed);
    return {buffer.data(), end.ptr};
}

std::string listed(const std::vector<std::string_view>& words) {
    std::string out;
    for (const auto word : words)
        out += (out.empty() ? "" : ", ") + std::string{word};
    return out;
}

}  // namespace

std::optional<double> number_of(std::string_view text) noexcept {
    if (text.empty() || text.size() > 18) return std::nullopt;
    if (text.find_first_not_of("-.0123456789") != std::string_view::npos) return std::nullopt;
    double value = 0.0;
    const char* const end = text.data() + text.size();
    const auto read = std::from_chars(text.data(), end, value);
    if (read.ec != std::errc{} || read.ptr != end) return std::nullopt;
    return value;
}

std::string not_one_of(std::string_view written, const std::vector<std::string_view>& allowed) {
    const auto near = config::nearest(written, allowed);
    return shown(written) + " is none of the possible words (" +
           (near.empty() ? "write one of " + listed(allowed)
                         : "did you mean " + std::string{near} + "?") +
           ")";
}

void problem_list::add(const yaml_node& at, std::string key, std::string what) {
    add(at.line, at.column, std::move(key), std::move(what));
}

void problem_list::add(int line, int column, std::string key, std::string what) {
    if (problems.size() >= config::yaml_problems_max) return;
    problems.push_back({file, line, column, clean_text(key, 120), std::move(what)});
}

fields::fields(const yaml_node& map, std::string path, problem_list& into)
    : map_(map), path_(std::move(path)), into_(into) {
    if (map.kind == yaml_node::kinds::map) return;
    into_.add(map, path_,
              std::string{map.kind == yaml_node::kinds::null   ? "is empty"
                          : map.kind == yaml_node::kinds::list ? "is a list"
                                                               : "is a single value"} +
                  ", but holds keys (write `key: value` lines)");
}

std::string fields::path_of(std::string_view key) const {
    return (path_.empty() ? "" : path_ + ".") + std::string{key};
}

void fields::wrong(const yaml_node& at, std::string_view key, std::string what) {
    into_.add(at, path_of(key), std::move(what));
}

const yaml_node* fields::find(std::string_view key) {
    known_.push_back(key);
    for (const auto& entry : map_.entries)
        if (entry.key == key) return &entry.value;
    return nullptr;
}

const yaml_node* fields::scalar(std::string_view key, std::string_view remedy) {
    const auto* const node = find(key);
    if (node == nullptr || node->kind == yaml_node::kinds::scalar) return node;
    wrong(*node, key,
          std::string{node->kind == yaml_node::kinds::null   ? "is empty"
                      : node->kind == yaml_node::kinds::list ? "is a list"
                                                             : "holds keys"} +
              ", but takes a single value (" + std::string{remedy} + ")");
    return nullptr;
}

void fields::read_text(std::string_view key, std::string& into) {
    if (const auto* const node = scalar(key, "write a text")) into = clean_text(node->text, 2000);
}

void fields::read_whole(std::string_view key, int& into, int min, int max) {
    const std::string remedy =
        "write a whole number from " + std::to_string(min) + " to " + std::to_string(max);
    const auto* const node = scalar(key, remedy);
    if (node == nullptr) return;
    const auto value = number_of(node->text);
    if (!value || !node->plain || *value != std::floor(*value))
        return wrong(*node, key, shown(node->text) + " is not a whole number (" + remedy + ")");
    if (*value < min || *value > max)
        return wrong(*node, key, clean_text(node->text, 60) + " is out of range (" + remedy + ")");
    into = static_cast<int>(*value);
}

void fields::read_number(std::string_view key, double& into, double min, double max) {
    const std::string remedy =
        "write a number from " + number_text(min) + " to " + number_text(max);
    const auto* const node = scalar(key, remedy);
    if (node == nullptr) return;
    const auto value = number_of(node->text);
    if (!value || !node->plain)
        return wrong(*node, key, shown(node->text) + " is not a number (" + remedy + ")");
    if (*value < min || *value > max)
        return wrong(*node, key, clean_text(node->text, 60) + " is out of range (" + remedy + ")");
    into = *value;
}

void fields::read_span(std::string_view key, duration& into, duration min, duration max) {
    const std::string remedy =
        "write " + config::duration_text(min) + " to " + config::duration_text(max);
    const auto* const node = scalar(key, remedy);
    if (node == nullptr) return;
    const auto parsed = config::parse_duration(node->text);
    if (!parsed.value) return wrong(*node, key, parsed.problem);
    if (*parsed.value < min || *parsed.value > max)
        return wrong(*node, key, clean_text(node->text, 60) + " is out of range (" + remedy + ")");
    into = *parsed.value;
}

void fields::read_range(std::string_view key, duration& min, duration& max, duration least) {
    const std::string_view remedy = "write a time as in 3m, or a range as in 1m..5m";
    const auto* const node = scalar(key, remedy);
    if (node == nullptr) return;
    const std::string_view text = node->text;
    const auto dots = text.find("..");
    const auto first = config::parse_duration(text.substr(0, dots));
    const auto last =
        dots == std::string_view::npos ? first : config::parse_duration(text.substr(dots + 2));
    if (!first.value || !last.value)
        return wrong(*node, key,
                     shown(text) + " is no range of time (" + std::string{remedy} + ")");
    if (*first.value < least || *last.value < *first.value || *last.value > std::chrono::hours{48})
        return wrong(*node, key,
                     clean_text(text, 60) + " is out of range (write " +
                         config::duration_text(least) + " to 2d, the shorter time first)");
    min = *first.value;
    max = *last.value;
}

std::optional<std::size_t> fields::read_word(std::string_view key,
                                             const std::vector<std::string_view>& allowed) {
    const auto* const node = scalar(key, "write one of " + listed(allowed));
    if (node == nullptr) return std::nullopt;
    const auto found = std::find(allowed.begin(), allowed.end(), node->text);
    if (found != allowed.end()) return static_cast<std::size_t>(found - allowed.begin());
    wrong(*node, key, not_one_of(node->text, allowed));
    return std::nullopt;
}

void fields::read_switch(std::string_view key, bool& into) {
    if (const auto word = read_word(key, {"true", "false"})) into = *word == 0;
}

void fields::refuse_others() {
    for (const auto& entry : map_.entries) {
        if (std::find(known_.begin(), known_.end(), entry.key) != known_.end()) continue;
        const auto near = config::nearest(entry.key, known_);
        into_.add(entry.line, entry.column, path_of(entry.key),
                  "unknown key (" +
                      (near.empty() ? "known here: " + listed(known_)
                                    : "did you mean " + path_of(near) + "?") +
                      ")");
    }
}

}  // namespace townd::scenario
