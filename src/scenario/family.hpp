#pragma once
// A family: incidents that are drawn from distributions, each a scenario of its own. The same file
// and seed give the same scenario.

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "scenario/figures.hpp"
#include "scenario/scenario.hpp"

namespace townd::scenario {

/// One of some possibilities: a word, or a number of a range. Times in ms, shares from 0 to 1.
struct possibility {
    double weight = 1.0;
    std::string word;
    double min = 0.0;
    double max = 0.0;
};
using possibilities = std::vector<possibility>;

/// Of what an incident is drawn. Each is a map in the file: `1..5: 3` has weight 3.
struct family {
    std::string about;
    possibilities towns;
    possibilities ill;      ///< Share of the towns, at least one; of each cause.
    possibilities causes;   ///< How many at once.
    possibilities overlap;  ///< split, same, any: which towns the causes have.
    possibilities faults;   ///< Their names.
    possibilities whose;    ///< Of failing sessions and refused requests.
    possibilities strength;
    possibilities bad_beads;  ///< Share of them, where it is the beads' fault.
    possibilities texts;
    possibilities roles;  ///< A role, or all.
    possibilities rigs;
    possibilities broken_rigs;  ///< 0: all.
    possibilities from;
    possibilities lasts;    ///< Each fault.
    possibilities after;    ///< The run goes on for so long.
    possibilities repairs;  ///< Steps before the last one.
    possibilities restarts;
    possibilities changes;  ///< none, towns, rigs, agents.
    possibilities beads_at_start;
    possibilities one_more_every;
    possibilities work_time;
    possibilities mayor_messages;
};

struct loaded_family {
    family value;
    std::vector<config::problem> problems;
};
[[nodiscard]] loaded_family read_family(std::string_view yaml, std::string_view file_name);

/// The incident of this seed. Pure.
[[nodiscard]] scenario draw(const family& from, std::uint64_t seed);
/// A drawn incident in a few lines, for people.
[[nodiscard]] std::string described(const scenario& what);

/// The worst that a figure was, and where.
struct worst {
    std::string name;
    std::string words;
    double value = 0.0;
    std::uint64_t seed = 0;
    std::optional<double> limit;  ///< Of this run; bounds only.
    int missed = 0;               ///< Runs that missed it.
};
/// Runs `count` incidents, of seeds from `first` on. `each` is told of every run.
[[nodiscard]] std::vector<worst> worst_of(const family& from, std::uint64_t first, int count,
                                          const std::function<void(const report&)>& each = {});

/// The family that is part of the program.
[[nodiscard]] std::string_view shipped_family();

}  // namespace townd::scenario
