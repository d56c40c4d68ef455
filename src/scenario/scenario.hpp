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
struct trouble {
    std::string name;  ///< For people; default: the fault's name.
    sim::fault what = sim::fault::connect_refused;
    double strength = 1.0;
    duration from{0};
    duration until{0};  ///< Exclusive; the end of the run when it never ends.
    int first_town = 0;
    int towns = 0;
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
    bool compare_without_faults = false;  ///< A second run, for figures that are relative to it.
    sim::work_options work;
    std::vector<sim::work_group> groups;
    std::vector<trouble> faults;
    townd::policy policy;
    std::vector<config::printed_key> policy_set;  ///< Keys of the policy that were written.
    std::vector<bound> must;
};

struct loaded {
    scenario value;  ///< Meaningful only when `problems` is empty.
    std::vector<config::problem> problems;
};

/// `sets`: `key=value` texts that override keys of the file, as in `policy.dispatch.max_per_town=2`
/// or `faults.1.until=3h` (by place, from 1, or by the fault's name).
[[nodiscard]] loaded read_text(std::string_view yaml, std::string_view file_name,
                               const std::vector<std::string>& sets = {});

/// The world of a scenario. `faulty`: whether its faults happen.
[[nodiscard]] sim::world_options world_of(const scenario& what, bool faulty);

/// A scenario file that is part of the program.
struct shipped_file {
    std::string_view name;  ///< As in `townd simulate incident`.
    std::string_view yaml;
};
[[nodiscard]] const std::vector<shipped_file>& shipped();

}  // namespace townd::scenario
