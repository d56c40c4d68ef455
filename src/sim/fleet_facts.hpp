#pragma once
// Who is ill, when and how: what a world plans to go wrong by the platform's fault, town by town.

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "sim/faults.hpp"
#include "townd/words/time.hpp"
#include "townd/words/town.hpp"

namespace townd::sim {

/// How far an attempt gets that a fault hits.
enum class ill_stage : std::uint8_t {
    odd,       ///< Nothing fails of it, and the town is not well.
    answered,  ///< Its request fails.
    survived,  ///< It dies young.
    done,      ///< Its work fails.
};

/// One fault of one town.
struct illness {
    std::uint32_t town = 0;
    int cause = 0;  ///< Windows of one lot are one cause.
    instant from{};
    instant until{};
    ill_stage stage = ill_stage::answered;
    bool by_chance = false;  ///< Hits a share of what it could.
    bool hangs = false;      ///< Leaves starts without an answer.
    std::optional<agent_role> role;
    int first_rig = 0;
    int rigs = 1 << 30;

    [[nodiscard]] bool fails() const noexcept { return stage != ill_stage::odd; }
    [[nodiscard]] bool concerns(agent_role of) const noexcept { return !role || *role == of; }
    [[nodiscard]] bool concerns(agent_role of, int rig) const noexcept {
        const bool all = rigs >= 1 << 30 && first_rig == 0;
        return concerns(of) && (all || (rig >= first_rig && rig - first_rig < rigs));
    }
};

/// What is known of a world before it begins.
struct fleet_facts {
    int towns = 0;
    instant begin{};
    duration session{300'000};       ///< Longest work of an agent.
    std::vector<illness> illnesses;  ///< By beginning.
    std::vector<illness> elsewhere;  ///< Of a run that is compared with this one.
};

/// Of the windows that are the platform's fault.
[[nodiscard]] std::vector<illness> illnesses_of(const std::vector<fault_window>& windows, int towns,
                                                instant begin, std::uint64_t seed,
                                                duration survive_for);
/// `t00042-rig-3`: 3. The mayor's has none: -1.
[[nodiscard]] int rig_number(std::string_view rig) noexcept;

}  // namespace townd::sim
