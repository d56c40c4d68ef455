#include "sys/storm.hpp"

#include <algorithm>
#include <functional>

#include "townd/words/error.hpp"

namespace townd::sys {
namespace {

constexpr std::size_t sample_bytes_max = 512;
constexpr std::size_t key_bytes_max = 128;

}  // namespace

bool storm::admit(std::string_view key, std::string_view town, std::string_view sample, int burst,
                  instant now) {
    key = key.substr(0, key_bytes_max);
    auto at = kinds_.find(key);
    if (at == kinds_.end()) {
        // One place is kept for all kinds that find the table full.
        if (kinds_.size() >= kinds_max - 1) key = {};
        at = kinds_.try_emplace(std::string{key}).first;
        if (at->second.seen_at == instant{}) at->second.window_start = now;
    }
    kind& one = at->second;
    one.seen_at = now;
    next_due_ = std::min(next_due_, one.window_start + window);
    if (one.written < burst && one.held == 0) {
        ++one.written;
        return true;
    }
    ++one.held;
    one.sample = cut_text(sample, sample_bytes_max);
    const std::size_t hash = std::hash<std::string_view>{}(town);
    if (one.towns.contains(hash)) return false;
    if (towns_held_ < towns_max) {
        one.towns.insert(hash);
        ++towns_held_;
    } else {
        one.more_towns = true;
    }
    return false;
}

std::vector<storm_summary> storm::take_due(instant now, bool everything) {
    std::vector<storm_summary> out;
    if (!everything && now < next_due_) return out;
    next_due_ = never;
    for (auto at = kinds_.begin(); at != kinds_.end();) {
        kind& one = at->second;
        if (everything || now >= one.window_start + window) {
            const bool quiet = one.held == 0;
            if (!quiet)
                out.push_back({at->first, std::move(one.sample), one.held,
                               static_cast<int>(one.towns.size()), one.more_towns,
                               now - one.window_start});
            towns_held_ -= one.towns.size();
            if (quiet && (everything || now >= one.seen_at + forget_after)) {
                at = kinds_.erase(at);
                continue;
            }
            // It has had its first line, and is told by summaries until it was quiet for long.
            const instant seen = one.seen_at;
            one = kind{};
            one.seen_at = seen;
            one.window_start = now;
            one.written = 1;
        }
        next_due_ = std::min(next_due_, one.window_start + window);
        ++at;
    }
    return out;
}

}  // namespace townd::sys
