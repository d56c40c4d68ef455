#pragma once
// What a container said in its own words, and how it is told to a person.

#include <optional>
#include <string>
#include <string_view>

#include "json/json.hpp"
#include "townd/port/container.hpp"

namespace townd::container {

/// The body of an answer taken apart. All empty when it is no JSON object.
struct answer_text {
    std::optional<json> object;         ///< Out of its {success, data} envelope when it has one.
    std::optional<std::string> error;   ///< Its `error`, as text; never empty when set.
    std::optional<std::string> issues;  ///< What validation found, as `field: message; ...`.
    std::optional<std::string> phase;   ///< As `initial_prompt`.
    std::optional<std::string> error_type;
    std::optional<std::string> action;
    std::optional<int> upstream_status;
    std::string not_json;  ///< Why the body is no JSON, when it is not empty and is none.
};
[[nodiscard]] answer_text read_text(const http_answer& answer);

/// One sentence with the status and whatever the body tells; never empty. A structured error as the
/// original writes it: `(500) initial_prompt failed: type: upstream 429: text Action: advice`.
[[nodiscard]] std::string describe_answer(const http_answer& answer, const answer_text& said);

/// A payload that denies success: an `error`, or `started`, `success` or `stopped` is false.
[[nodiscard]] bool says_no(const json& object);
/// Whether the phase is one that sets up the repository.
[[nodiscard]] bool is_git_phase(const std::optional<std::string>& phase);
/// Whether `text` holds `word` (lower case), in whatever case.
[[nodiscard]] bool holds(std::string_view text, std::string_view word);

}  // namespace townd::container
