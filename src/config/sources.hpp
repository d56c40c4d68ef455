#pragma once
// What a configuration is read from: default < file < conf.d < environment < flag.

#include <string>
#include <vector>

#include "config/config.hpp"

namespace townd::config {

/// Read when no --config is given and it exists.
inline constexpr const char* usual_file = "/etc/townd/townd.yaml";
/// Files of one configuration; more are a problem.
inline constexpr std::size_t files_max = 100;

struct found_file {
    std::filesystem::path path;
    std::string problem;  ///< Why it is no source; empty otherwise.
};
/// The files that those names stand for, in the order in which they are read, each once:
/// a file and then the `conf.d/*.yaml` beside it in name order; of a directory its `townd.yaml`
/// and `conf.d/*.yaml`, or all its `*.yaml` when it has neither.
[[nodiscard]] std::vector<found_file> find_files(const std::vector<std::filesystem::path>& names);

/// TOWND_ variables of this process that are meant as keys: all but those of townctl.
[[nodiscard]] std::vector<sources::assignment> variables();
/// `a.b=c`, from the flag of that name. A text without `=` becomes a key that no table holds.
[[nodiscard]] sources::assignment flag(std::string name, std::string_view text);

/// Reads all of it. Every problem is reported; rules between keys see the outcome.
[[nodiscard]] loaded load(const sources& from);

}  // namespace townd::config
