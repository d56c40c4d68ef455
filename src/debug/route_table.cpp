#include "debug/route_table.hpp"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <optional>

#include "config/config.hpp"
#include "townd/words/error.hpp"
#include "townd/words/time.hpp"

namespace townd::debug {
namespace {

constexpr std::size_t shown_bytes_max = 60;

std::string comma_list(const std::vector<std::string_view>& names) {
    std::string out;
    for (const auto& name : names)
        out += (out.empty() ? "" : ", ") + std::string{name};
    return out;
}

failure unknown_name(const route_entry& route, std::string_view name) {
    std::vector<std::string_view> known;
    for (const auto& p : route.query)
        known.push_back(p.name);
    const std::string remedy =
        known.empty() ? "this route takes no parameters" : "use " + comma_list(known);
    return {errc::invalid, clean_text(name, shown_bytes_max) + ": is not known here: " + remedy};
}

failure unknown_value(const parameter& p, std::string_view value) {
    return {errc::invalid, std::string{p.name} + ": " +
                               (value.empty() ? "nothing" : clean_text(value, shown_bytes_max)) +
                               " is not known: use " + comma_list(p.allowed)};
}

result<void> check_each(const parameter& p, std::string_view value) {
    if (p.allowed.empty()) return {};
    while (true) {
        const auto comma = p.many ? value.find(',') : std::string_view::npos;
        const auto one = value.substr(0, comma);
        if (std::find(p.allowed.begin(), p.allowed.end(), one) == p.allowed.end())
            return unknown_value(p, one);
        if (comma == std::string_view::npos) return {};
        value.remove_prefix(comma + 1);
    }
}

bool is_whole(const parameter& p, std::string_view text) {
    std::int64_t number = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
    return read.ec == std::errc{} && read.ptr == text.data() + text.size() && number >= p.low &&
           number <= p.high;
}

result<void> check_value(const parameter& p, const std::string& value) {
    const auto wrong = [&](const std::string& why) {
        return failure{errc::invalid, std::string{p.name} + ": " + why};
    };
    switch (p.kind) {
        case value_kind::text:
            return check_each(p, value);
        case value_kind::whole:
            if (is_whole(p, value)) return {};
            return wrong("must be a whole number from " + std::to_string(p.low) + " to " +
                         std::to_string(p.high));
        case value_kind::flag:
            if (value == "true" || value == "false") return {};
            return wrong("must be true or false");
        case value_kind::moment:
            if (parse_time(value)) return {};
            return wrong("must be a time as 2026-01-31T12:00:00Z");
        case value_kind::ago:
            if (config::parse_duration(value).value) return {};
            return wrong("must be a time span as 30m or 1h");
    }
    return {};
}

std::vector<route_entry> collect() {
    std::vector<route_entry> out;
    for (auto part : {fleet_entries(), town_entries(), daemon_entries(), write_entries()})
        std::move(part.begin(), part.end(), std::back_inserter(out));
    return out;
}

}  // namespace

const std::vector<route_entry>& route_table() {
    static const auto all = collect();
    return all;
}

const route_entry* find_route(std::string_view method, std::string_view pattern) {
    for (const auto& each : route_table())
        if (each.method == method && each.pattern == pattern) return &each;
    return nullptr;
}

// A parameter without a value is the same as none: what a form sends for a field left empty.
result<void> check_query(const route_entry& route, const http::request& call) {
    for (const auto& [name, value] : call.query) {
        const auto known = std::find_if(route.query.begin(), route.query.end(),
                                        [&](const parameter& p) { return p.name == name; });
        if (known == route.query.end()) return unknown_name(route, name);
        if (value.empty()) continue;
        if (auto checked = check_value(*known, value); !checked) return checked;
    }
    return {};
}

}  // namespace townd::debug
