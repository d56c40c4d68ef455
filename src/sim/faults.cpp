#include "sim/faults.hpp"

#include <algorithm>
#include <map>
#include <utility>

namespace townd::sim {
namespace {

constexpr std::array<std::string_view, fault_count> names{"resolve_failed",
                                                          "connect_refused",
                                                          "connect_timeout",
                                                          "hang",
                                                          "hang_after_effect",
                                                          "late",
                                                          "http_500",
                                                          "http_500_effect",
                                                          "http_500_empty",
                                                          "garbage",
                                                          "garbage_effect",
                                                          "payload_says_no",
                                                          "rate_limited",
                                                          "draining",
                                                          "gateway",
                                                          "reset",
                                                          "reset_after_effect",
                                                          "bad_request",
                                                          "status_fails",
                                                          "stop_unconfirmed",
                                                          "dies_young",
                                                          "work_fails",
                                                          "vanishes",
                                                          "slow_agent",
                                                          "no_progress",
                                                          "review_fails",
                                                          "changes_wanted",
                                                          "heartbeat_lost",
                                                          "callback_lost",
                                                          "callback_doubled",
                                                          "callback_late",
                                                          "pr_closed",
                                                          "pr_silent",
                                                          "crash",
                                                          "wedged",
                                                          "evicted",
                                                          "kill",
                                                          "graceful_restart",
                                                          "pause",
                                                          "power_loss",
                                                          "commit_error"};

bool covers(const fault_window& w, int town) {
    return town >= w.first_town && town - w.first_town < w.towns;
}

}  // namespace

std::string_view to_text(fault what) noexcept {
    return names[static_cast<std::size_t>(what)];
}

std::optional<fault> parse_fault(std::string_view text) noexcept {
    for (std::size_t i = 0; i < names.size(); ++i)
        if (names[i] == text) return static_cast<fault>(i);
    return std::nullopt;
}

fault_plan::fault_plan(std::vector<fault_window> windows, int towns)
    : windows_(std::move(windows)), group_of_(static_cast<std::size_t>(towns)) {
    // Towns between two borders of windows are treated alike.
    std::vector<int> borders{0};
    for (const auto& w : windows_) {
        edges_.push_back(w.from);
        edges_.push_back(w.until);
        for (const std::int64_t b :
             {std::int64_t{w.first_town}, std::int64_t{w.first_town} + std::int64_t{w.towns}})
            if (b > 0 && b < towns) borders.push_back(static_cast<int>(b));
    }
    std::sort(borders.begin(), borders.end());
    borders.erase(std::unique(borders.begin(), borders.end()), borders.end());
    for (std::size_t g = 0; g < borders.size(); ++g) {
        const int last = g + 1 < borders.size() ? borders[g + 1] : towns;
        for (int t = borders[g]; t < last; ++t)
            group_of_[static_cast<std::size_t>(t)] = static_cast<std::uint32_t>(g);
    }
    example_ = borders;
    groups_.resize(borders.size());
    std::sort(edges_.begin(), edges_.end());
    edges_.erase(std::unique(edges_.begin(), edges_.end()), edges_.end());
}

void fault_plan::at(duration since_begin) {
    for (std::size_t g = 0; g < groups_.size(); ++g) {
        auto& levels = groups_[g];
        levels.clear();
        for (const auto& w : windows_) {
            if (since_begin < w.from || since_begin >= w.until || !covers(w, example_[g])) continue;
            const auto same = std::find_if(levels.begin(), levels.end(), [&](const auto& l) {
                return l.what == w.what && l.role == w.role;
            });
            if (same == levels.end())
                levels.push_back({w.what, w.strength, w.role});
            else
                same->strength = std::max(same->strength, w.strength);
        }
        std::stable_sort(levels.begin(), levels.end(),
                         [](const auto& a, const auto& b) { return a.what < b.what; });
    }
}

void fault_plan::clear() {
    windows_.clear();
    edges_.clear();
    for (auto& levels : groups_)
        levels.clear();
}

double fault_plan::strength(int town, fault what, std::optional<agent_role> role) const noexcept {
    double out = 0.0;
    for (const auto& l : of(town))
        if (l.what == what && (!l.role || l.role == role)) out = std::max(out, l.strength);
    return out;
}

}  // namespace townd::sim
