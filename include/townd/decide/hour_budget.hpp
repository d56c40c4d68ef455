#pragma once
// How often a town may start agents within an hour, and how often in vain: the last wall against a
// loop that nobody thought of (Kilo-Org/cloud #1402, #1653: 3,612 starts of one town, over $100).

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "townd/words/time.hpp"

namespace townd {

/// Counts over a sliding hour, in slices of a minute: exact to one minute on the safe side. Kept
/// with the town, so that no restart refills it.
class hour_count {
public:
    void add(instant at) noexcept;
    [[nodiscard]] int within_hour(instant now) const noexcept;
    /// When `limit` is no longer reached; `now` when it is not.
    [[nodiscard]] instant below(int limit, instant now) const noexcept;

    /// Text form, and back; what cannot be read counts as empty.
    [[nodiscard]] std::string saved() const;
    [[nodiscard]] static hour_count restored(std::string_view text, instant now);

    bool operator==(const hour_count&) const = default;

private:
    static constexpr int slices = 61;  ///< The running minute and the sixty before it.
    std::int64_t minute_ = 0;          ///< Of the newest slice.
    std::array<std::uint16_t, slices> counts_{};
    [[nodiscard]] int at(std::int64_t minute) const noexcept;
};

struct hour_budget {
    hour_count starts;
    hour_count failures;
};

}  // namespace townd
