#pragma once
// nlohmann/json behind the two guards that it needs (measured on 3.11.2): parsing is iterative but
// copying, comparing and dumping recurse, so 100,000 nested brackets would overflow the stack; and
// dumping throws on invalid UTF-8. `parse` bounds the depth, `dump` replaces bad bytes.

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "townd/words/dispatch.hpp"
#include "townd/words/result.hpp"

namespace townd {

/// Keeps the order of keys, so that answers read well.
using json = nlohmann::ordered_json;

inline constexpr int json_depth_max = 64;

/// Parses UTF-8 JSON. The failure (`invalid`) names the position and what is wrong.
[[nodiscard]] result<json> parse_json(std::string_view text);

/// Never throws: invalid UTF-8 is replaced. `indent` < 0 is one line.
[[nodiscard]] std::string dump_json(const json& value, int indent = -1);

/// The object that a stored text holds; an empty one where it is none, as in a town of another
/// time.
[[nodiscard]] json object_in(std::string_view text);

/// The text under `key` when it is a string; empty otherwise.
[[nodiscard]] std::optional<std::string> text_at(const json& object, std::string_view key);
/// The whole number under `key` when it is one.
[[nodiscard]] std::optional<std::int64_t> number_at(const json& object, std::string_view key);

/// The error record as /debug and the store carry it: code phase message blame level retryable
/// http_status errno retry_after_seconds body_excerpt body_truncated container_phase error_type
/// action upstream_status endpoint fingerprint. Every field always there, null when it does not
/// apply.
[[nodiscard]] json to_json(const dispatch_error& error, std::string_view role);
/// Reads what `to_json` wrote. Anything unreadable becomes an `unknown` error that holds the text.
[[nodiscard]] dispatch_error error_from_json(const json& object);

[[nodiscard]] json to_json(const std::vector<phase_timing>& phases);
[[nodiscard]] std::vector<phase_timing> phases_from_json(const json& list);

}  // namespace townd
