#pragma once
// A scenario: a fleet, its work, what goes wrong, the policy under trial, and the figures to reach.
// Written as one YAML file that says everything, so that a run can be repeated from it alone.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.hpp"
#include "sim/world.hpp"

namespace townd::scenario {

/// What goes wrong, for whom and when, as written.
/// It ends with the run when it never ends.
struct trouble : sim::fault_window {
    std::string name;               ///< For people; default: the fault's name.
    std::vector<agent_role> roles;  ///< Empty: all.
};

/// A figure of the report must be in this range.
struct bound {
    std::string figure;
    std::optional<double> at_least;
    std::optional<double> at_most;
};

struct scenario {
    std::string name;
    std::string about;
    std::uint64_t seed = 1;
    int towns = 0;
    int rigs = 1;
    duration length{0};
    sim::container_model containers = sim::container_model::contract;
    bool check_invariants = true;         ///< Costs some 30 %.
    bool judge_fleet = false;             ///< What the fleet promises while things fail, too.
    bool compare_without_faults = false;  ///< A second run, for figures that are relative to it.
    sim::work_options work;
    std::vector<sim::work_group> groups;
    std::vector<trouble> faults;
    std::vector<duration> restarts;  ///< When the daemon is killed; it is back within two minutes.
    std::vector<sim::fleet_change> changes;
    townd::policy policy;
    std::vector<config::printed_key> policy_set;  ///< Keys of the policy that were written.
    std::vector<bound> must;
};

struct loaded {
    scenario value;  ///< Meaningful only when `problems` is empty.
    std::vector<config::problem> problems;
    std::vector<config::problem> warnings;  ///< Keys of the policy that mean nothing any more.
};

/// `sets`: `key=value` texts that override keys of the file, as in `policy.dispatch.max_per_town=2`
/// or `faults.1.until=3h` (by place, from 1, or by the fault's name).
[[nodiscard]] loaded read_text(std::string_view yaml, std::string_view file_name,
                               const std::vector<std::string>& sets = {});

/// Those that are added while it runs, too.
[[nodiscard]] int all_towns_of(const scenario& what) noexcept;
/// When the fault ends for each town, empty where it never holds. `place`: among the faults, from
/// 0.
[[nodiscard]] std::vector<std::optional<duration>> ends_of(const scenario& what, std::size_t place);

/// The world of a scenario. `faulty`: whether its faults happen.
[[nodiscard]] sim::world_options world_of(const scenario& what, bool faulty);

/// A scenario file that is part of the program.
struct shipped_file {
    std::string_view name;  ///< As in `townd simulate incident`.
    std::string_view yaml;
};
[[nodiscard]] const std::vector<shipped_file>& shipped();

}  // namespace townd::scenario
