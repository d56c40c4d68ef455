#include "sim/fleet_facts.hpp"

#include <algorithm>
#include <charconv>

namespace townd::sim {
namespace {

ill_stage ill_stage_of(const fault_window& w, duration survive_for) {
    switch (w.what) {
        case fault::dies_young:
            return ill_stage::survived;
        case fault::work_fails:
        case fault::vanishes:
        case fault::no_progress:
        case fault::review_fails:
        case fault::changes_wanted:
            return w.lives_max > duration{0} && w.lives_max <= survive_for ? ill_stage::survived
                                                                           : ill_stage::done;
        case fault::crash:
        case fault::wedged:
        case fault::evicted:
            return ill_stage::answered;
        default:
            return w.what <= fault::bad_request ? ill_stage::answered : ill_stage::odd;
    }
}

bool leaves_unanswered(fault what) {
    return what == fault::hang || what == fault::hang_after_effect || what == fault::late ||
           what == fault::wedged || what == fault::connect_timeout;
}

}  // namespace

std::vector<illness> illnesses_of(const std::vector<fault_window>& windows, int towns,
                                  instant begin, std::uint64_t seed, duration survive_for) {
    std::vector<illness> out;
    for (std::size_t i = 0; i < windows.size(); ++i) {
        const auto& w = windows[i];
        const bool of_all = w.what >= fault::kill && w.what != fault::commit_error;
        if (whose(w) != culprit::platform || of_all || w.strength <= 0.0) continue;
        illness ill;
        ill.cause = w.lot != 0 ? -static_cast<int>(w.lot) : static_cast<int>(i);
        ill.stage = ill_stage_of(w, survive_for);
        ill.by_chance = w.strength < 1.0 || !w.agents.empty() || w.what >= fault::crash;
        ill.hangs = leaves_unanswered(w.what);
        ill.role = w.role;
        ill.first_rig = w.first_rig;
        ill.rigs = w.rigs;
        ill.from = begin + w.from;
        const auto ends = ends_of(w, static_cast<int>(i), towns, seed);
        for (std::uint32_t town = 0; town < ends.size(); ++town) {
            if (!ends[town] || *ends[town] <= w.from) continue;
            ill.town = town;
            ill.until = begin + *ends[town];
            out.push_back(ill);
        }
    }
    std::stable_sort(out.begin(), out.end(),
                     [](const illness& a, const illness& b) { return a.from < b.from; });
    return out;
}

int rig_number(std::string_view rig) noexcept {
    const auto dash = rig.rfind('-');
    int out = -1;
    if (dash != std::string_view::npos)
        std::from_chars(rig.data() + dash + 1, rig.data() + rig.size(), out);
    return out;
}

}  // namespace townd::sim
