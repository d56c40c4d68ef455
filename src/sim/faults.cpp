#include "sim/faults.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "sim/random.hpp"

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
    if (town < w.first_town || town - w.first_town >= w.towns) return false;
    return (town - w.first_town) % std::max(w.every, 1) == w.offset;
}

std::uint64_t lot_of(const fault_window& w, int place, std::uint64_t seed) {
    const std::uint64_t own = 0x10000 + static_cast<std::uint64_t>(place);
    std::uint64_t state = seed ^ (w.lot != 0 ? std::uint64_t{w.lot} : own);
    return spread(state);
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

culprit usually_whose(fault what) noexcept {
    switch (what) {
        case fault::bad_request:
        case fault::work_fails:
        case fault::no_progress:
        case fault::review_fails:
        case fault::changes_wanted:
            return culprit::bead;
        default:
            return culprit::platform;
    }
}

bool fault_level::concerns(std::optional<agent_role> of, int rig,
                           std::string_view agent) const noexcept {
    if (role && role != of) return false;
    const auto& w = *window;
    if (w.first_rig > 0 || w.rigs < 1 << 30)
        if (rig < w.first_rig || rig - w.first_rig >= w.rigs) return false;
    return w.agents.empty() || std::find(w.agents.begin(), w.agents.end(), agent) != w.agents.end();
}

bool fault_level::is_bad(std::string_view bead) const noexcept {
    std::uint64_t state = lot;
    for (const char c : bead)
        state = (state ^ static_cast<unsigned char>(c)) * 0x100000001B3ULL;
    return static_cast<double>(spread(state) >> 11U) / static_cast<double>(1ULL << 53U) < strength;
}

std::vector<std::optional<duration>> ends_of(const fault_window& w, int place, int towns,
                                             std::uint64_t seed) {
    std::vector<std::optional<duration>> out(static_cast<std::size_t>(towns));
    std::vector<std::size_t> ill;
    for (int town = 0; town < towns; ++town)
        if (covers(w, town)) ill.push_back(static_cast<std::size_t>(town));
    for (const auto town : ill)
        out[town] = w.until;
    if (w.repairs.empty()) return out;
    random draw{lot_of(w, place, seed)};
    for (std::size_t i = ill.size(); i > 1; --i)
        std::swap(ill[i - 1], ill[draw.below(i)]);
    std::size_t well = 0;
    for (const auto& step : w.repairs) {
        const auto all = static_cast<std::size_t>(
            std::lround(std::clamp(step.share, 0.0, 1.0) * static_cast<double>(ill.size())));
        for (; well < all; ++well)
            out[ill[well]] = std::min(step.at, w.until);
    }
    return out;
}

fault_plan::fault_plan(std::vector<fault_window> windows, int towns, std::uint64_t seed)
    : windows_(std::move(windows)), seed_(seed), group_of_(static_cast<std::size_t>(towns)) {
    std::vector<std::vector<hold>> holds(group_of_.size());
    for (std::size_t place = 0; place < windows_.size(); ++place) {
        const auto& w = windows_[place];
        edges_.push_back(w.from);
        edges_.push_back(w.until);
        const auto ends = ends_of(w, static_cast<int>(place), towns, seed);
        for (std::size_t town = 0; town < ends.size(); ++town) {
            if (!ends[town]) continue;
            holds[town].push_back({static_cast<int>(place), *ends[town]});
            if (!w.repairs.empty()) edges_.push_back(*ends[town]);
        }
    }
    std::map<std::vector<hold>, std::uint32_t> known;
    for (std::size_t town = 0; town < holds.size(); ++town) {
        const auto next = static_cast<std::uint32_t>(groups_.size());
        const auto [found, fresh] = known.try_emplace(holds[town], next);
        if (fresh) groups_.push_back({std::move(holds[town]), {}});
        group_of_[town] = found->second;
    }
    std::sort(edges_.begin(), edges_.end());
    edges_.erase(std::unique(edges_.begin(), edges_.end()), edges_.end());
}

void fault_plan::at(duration since_begin) {
    for (auto& g : groups_) {
        g.levels.clear();
        for (const auto& h : g.holds) {
            const auto& w = windows_[static_cast<std::size_t>(h.cause)];
            if (since_begin < w.from || since_begin >= h.until) continue;
            g.levels.push_back({w.what, w.strength, w.role, whose(w), h.cause, &w, h.until,
                                lot_of(w, h.cause, seed_)});
        }
        std::stable_sort(g.levels.begin(), g.levels.end(),
                         [](const auto& a, const auto& b) { return a.what < b.what; });
    }
}

void fault_plan::clear() {
    edges_.clear();
    for (auto& g : groups_) {
        g.holds.clear();
        g.levels.clear();
    }
}

double fault_plan::strength(int town, fault what, std::optional<agent_role> role) const noexcept {
    double out = 0.0;
    for (const auto& l : of(town))
        if (l.what == what && (!l.role || l.role == role)) out = std::max(out, l.strength);
    return out;
}

int fault_plan::cause_of(int town, fault what) const noexcept {
    for (const auto& l : of(town))
        if (l.what == what) return l.cause;
    return -1;
}

}  // namespace townd::sim
