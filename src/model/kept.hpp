#pragma once
// What is left of a value after the detour over the texts that a town file stores. Most values
// come back as they were, and that is checked without making the text.

#include <optional>
#include <string>
#include <vector>

#include "townd/words/dispatch.hpp"
#include "townd/words/town.hpp"

namespace townd::model {

/// After a column of RFC 3339 text: years 0 to 9999.
[[nodiscard]] instant kept_time(instant at);
[[nodiscard]] std::optional<instant> kept_time(const std::optional<instant>& at);
/// After a text of milliseconds, as the meta values have it.
[[nodiscard]] instant kept_meta_time(instant at) noexcept;

struct kept_labels_result {
    std::vector<std::string> labels;
    std::size_t text_bytes = 0;  ///< Of the JSON list.
};
[[nodiscard]] kept_labels_result kept_labels(const std::vector<std::string>& labels);

[[nodiscard]] dispatch_error kept_error(const dispatch_error& error);
[[nodiscard]] std::vector<phase_timing> kept_phases(const std::vector<phase_timing>& phases);
[[nodiscard]] std::vector<admission> kept_admissions(const std::vector<admission>& admissions);

}  // namespace townd::model
