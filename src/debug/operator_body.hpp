#pragma once
// What the body of an operator's write says. Every mistake is named with its field and the remedy.

#include <optional>
#include <string>

#include "debug/face.hpp"

namespace townd::debug {

inline constexpr duration ttl_usual{3'600'000};
inline constexpr duration ttl_max{86'400'000};
inline constexpr std::size_t reason_chars_max = 500;

/// Everything of a request but its target. `verb` and the selector come from the body for a batch
/// (`action`), else `verb` is given.
struct operator_body {
    engine::operator_request asked;
    std::optional<std::string> town;  ///< As the body says, if it does.
    std::optional<std::string> key;
    std::optional<std::string> level;  ///< Of the log; of that verb only.
};
[[nodiscard]] result<operator_body> read_operator_body(const http::request& call,
                                                       std::optional<engine::operator_verb> verb);

}  // namespace townd::debug
