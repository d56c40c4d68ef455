#pragma once
// Every route of `/debug/v1` in one table: the check of queries, the OpenAPI document and the tests
// read it, so that they cannot drift apart.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "http/message.hpp"
#include "townd/words/result.hpp"

namespace townd::debug {

enum class value_kind : std::uint8_t {
    text,
    whole,   ///< A whole number between `low` and `high`.
    flag,    ///< `true` or `false`.
    moment,  ///< RFC 3339.
    ago,     ///< `30m`, `1h`.
};

struct parameter {
    std::string_view name;
    std::string_view says;
    value_kind kind = value_kind::text;
    bool many = false;                      ///< A comma list; any of them.
    std::vector<std::string_view> allowed;  ///< Closed list; empty: anything.
    std::int64_t low = 0;
    std::int64_t high = 0;
};

/// What the body of a write says.
enum class body_kind : std::uint8_t { none, order, batch, log_level, reload };

struct route_entry {
    std::string_view method;
    std::string_view pattern;  ///< As the router takes it.
    std::string_view says;     ///< One line.
    std::vector<parameter> query;
    std::string_view gives = "application/json";
    bool is_list = false;    ///< Answers in the envelope of lists.
    bool is_tagged = false;  ///< Read from published summaries: has an ETag.
    body_kind body = body_kind::none;
    /// For a last part `:target`: what comes before the colon, and the verbs after it.
    std::string_view target;
    std::vector<std::string_view> verbs;
};

/// Reads first, in the order of the documents.
[[nodiscard]] const std::vector<route_entry>& route_table();
/// None: the pattern is not in the table.
[[nodiscard]] const route_entry* find_route(std::string_view method, std::string_view pattern);

/// Refuses parameters that the route does not know and values outside of closed lists, and says
/// what is allowed (`invalid`).
[[nodiscard]] result<void> check_query(const route_entry& route, const http::request& call);

// Filled by route_entries_*.cpp.
[[nodiscard]] std::vector<route_entry> fleet_entries();
[[nodiscard]] std::vector<route_entry> town_entries();
[[nodiscard]] std::vector<route_entry> daemon_entries();
[[nodiscard]] std::vector<route_entry> write_entries();

}  // namespace townd::debug
