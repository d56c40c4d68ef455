#include "ctl/near.hpp"

#include <algorithm>

namespace townd::ctl {

std::size_t edits_between(std::string_view a, std::string_view b) {
    std::vector<std::size_t> before(b.size() + 1);
    std::vector<std::size_t> last(b.size() + 1);
    std::vector<std::size_t> row(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j)
        last[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t change = a[i - 1] == b[j - 1] ? 0U : 1U;
            row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + change});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = std::min(row[j], before[j - 2] + 1);
        }
        std::swap(before, last);
        std::swap(last, row);
    }
    return last[b.size()];
}

std::string did_you_mean(std::string_view typed, const std::vector<std::string>& known) {
    // Over this length words are no words, and the work would grow with its square.
    constexpr std::size_t letters_max = 64;
    if (typed.size() > letters_max) return {};
    const std::string* best = nullptr;
    std::size_t least = std::max<std::size_t>(1, typed.size() / 3) + 1;
    for (const auto& each : known) {
        if (each.size() > letters_max) continue;
        const bool starts = typed.size() > 1 && each.starts_with(typed);
        const std::size_t edits = starts ? 1 : edits_between(typed, each);
        if (edits >= least) continue;
        least = edits;
        best = &each;
    }
    return best == nullptr ? std::string{} : "; did you mean '" + *best + "'?";
}

}  // namespace townd::ctl
