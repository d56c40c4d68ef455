#pragma once
// Holds back a storm of alike lines: 4,075 failures an hour are one cause, not 4,075 lines.

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "townd/words/time.hpp"

namespace townd::sys {

/// What was held back of one kind since its last line.
struct storm_summary {
    std::string key;     ///< The kind; empty for all that came after the table was full.
    std::string sample;  ///< The newest text.
    int count = 0;
    int towns = 0;            ///< Different towns among them.
    bool more_towns = false;  ///< There were more than could be told apart.
    duration over{};          ///< The time that they came in.
};

/// A plain value without a lock or clock. Everything in it is bounded.
class storm {
public:
    static constexpr std::size_t kinds_max = 512;
    static constexpr std::size_t towns_max = 50'000;  ///< Told apart, over all kinds.
    static constexpr duration window{60'000};
    static constexpr duration forget_after{600'000};  ///< A kind this quiet is new again.

    /// Counts one occurrence. True when it is to be written at once: the first `burst` of a kind in
    /// a window. The rest go into the summary of the window.
    bool admit(std::string_view key, std::string_view town, std::string_view sample, int burst,
               instant now);

    /// Summaries whose window is over (all, with `everything`), and forgets quiet kinds.
    [[nodiscard]] std::vector<storm_summary> take_due(instant now, bool everything = false);

    /// When `take_due` has something to do; `never` when nothing is held.
    [[nodiscard]] instant next_due() const noexcept { return next_due_; }
    [[nodiscard]] std::size_t kinds() const noexcept { return kinds_.size(); }

private:
    struct kind {
        instant window_start{};
        instant seen_at{};
        int written = 0;  // In this window.
        int held = 0;
        std::string sample;
        std::unordered_set<std::size_t> towns;  // Hashes.
        bool more_towns = false;
    };

    std::map<std::string, kind, std::less<>> kinds_;
    std::size_t towns_held_ = 0;
    instant next_due_ = never;
};

}  // namespace townd::sys
