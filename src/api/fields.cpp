#include "api/fields.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>

#include "townd/words/error.hpp"

namespace townd::api {

namespace {

// Places in lists are numbers.
json step_of(const std::string& part) {
    const auto place = parse_count(part);
    const bool is_place = place && std::to_string(*place) == part;
    return is_place ? json(*place) : json(part);
}

}  // namespace

http::response invalid_body(const std::vector<issue>& issues, std::string_view error) {
    json list = json::array();
    for (const auto& problem : issues) {
        json entry;
        entry["path"] = json::array();
        for (const auto& part : problem.path)
            entry["path"].push_back(step_of(part));
        entry["message"] = problem.message;
        list.push_back(std::move(entry));
    }
    json body;
    body["success"] = false;
    body["error"] = error;
    body["issues"] = std::move(list);
    return http::json_response(400, body);
}

std::size_t letters(std::string_view text) noexcept {
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
        return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
    }));
}

fields::fields(const json& object, std::vector<std::string> at)
    : object_(object), at_(std::move(at)) {}

void fields::add(std::string_view key, std::string message) {
    auto path = at_;
    if (!key.empty()) path.emplace_back(key);
    issues_.push_back({std::move(path), std::move(message)});
}

void fields::take(const fields& part) {
    issues_.insert(issues_.end(), part.issues_.begin(), part.issues_.end());
}

void fields::refuse_others(std::initializer_list<std::string_view> known) {
    if (!object_.is_object()) return;
    for (const auto& [key, value] : object_.items())
        if (std::find(known.begin(), known.end(), key) == known.end())
            add(clean_text(key, 80), "Unknown key");
}

const json* fields::find(std::string_view key) const {
    if (!object_.is_object()) return nullptr;
    const auto found = object_.find(key);
    return found == object_.end() || found->is_null() ? nullptr : &*found;
}

std::string fields::text(std::string_view key, std::size_t max) {
    if (find(key) == nullptr) {
        add(key, "Required");
        return {};
    }
    const auto known = issues_.size();
    auto value = optional_text(key, max).value_or("");
    if (value.empty() && issues_.size() == known) add(key, "Must not be empty");
    return value;
}

std::optional<std::string> fields::optional_text(std::string_view key, std::size_t max) {
    const json* value = find(key);
    if (value == nullptr) return std::nullopt;
    if (!value->is_string()) {
        add(key, "Expected a string");
        return std::nullopt;
    }
    auto text = value->get<std::string>();
    if (max != 0 && letters(text) > max) {
        add(key, "Must be at most " + std::to_string(max) + " characters");
        return std::nullopt;
    }
    return text;
}

std::vector<std::string> fields::texts(std::string_view key, std::size_t max_items) {
    const json* value = find(key);
    if (value == nullptr) return {};
    const bool texts_only =
        value->is_array() && std::all_of(value->begin(), value->end(),
                                         [](const json& entry) { return entry.is_string(); });
    if (!texts_only) {
        add(key, "Expected an array of strings");
        return {};
    }
    if (value->size() > max_items) {
        add(key, "Must have at most " + std::to_string(max_items) + " entries");
        return {};
    }
    return value->get<std::vector<std::string>>();
}

std::string fields::object_text(std::string_view key) {
    const json* value = find(key);
    if (value == nullptr) return "{}";
    if (!value->is_object()) {
        add(key, "Expected an object");
        return "{}";
    }
    return dump_json(*value);
}

std::optional<bool> fields::flag(std::string_view key) {
    const json* value = find(key);
    if (value == nullptr) return std::nullopt;
    if (value->is_boolean()) return value->get<bool>();
    add(key, "Expected true or false");
    return std::nullopt;
}

std::optional<std::int64_t> fields::number(std::string_view key, std::int64_t min,
                                           std::int64_t max) {
    const json* value = find(key);
    if (value == nullptr) return std::nullopt;
    // A number over 2^63 - 1 is unsigned to the parser; as a signed one it would turn negative.
    const bool fits = value->is_number_integer() &&
                      !(value->is_number_unsigned() &&
                        value->get<std::uint64_t>() > static_cast<std::uint64_t>(INT64_MAX));
    const auto said = fits ? value->get<std::int64_t>() : std::int64_t{0};
    if (fits && said >= min && said <= max) return said;
    add(key, "Expected a whole number from " + std::to_string(min) + " to " + std::to_string(max));
    return std::nullopt;
}

std::optional<int> parse_count(std::string_view text) noexcept {
    int value = 0;
    const char* end = text.data() + text.size();
    const auto [stop, problem] = std::from_chars(text.data(), end, value);
    if (problem == std::errc::result_out_of_range && stop == end && !text.starts_with('-'))
        return INT32_MAX;
    if (problem != std::errc{} || stop != end || value < 0) return std::nullopt;
    return value;
}

}  // namespace townd::api
