#pragma once
// The tree of commands, by CLI11. What a command does is a function of the session.

#include <CLI/CLI.hpp>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "ctl/session.hpp"
#include "ctl/tree.hpp"

namespace townd::ctl {

class command_line {
public:
    using action = std::function<int(session&)>;

    /// With all commands. `version` is this program's.
    explicit command_line(std::string version);

    [[nodiscard]] CLI::App& app() { return app_; }
    [[nodiscard]] const std::string& version() const { return version_; }
    [[nodiscard]] settings& given() { return given_; }

    /// A command; `examples` are lines that can be typed as they stand. `act` may be empty for a
    /// group of commands.
    CLI::App& add(CLI::App& below, const std::string& name, const std::string& help,
                  const std::string& examples, action act);
    /// Options that were said, in the forms that they stand for.
    void settle();
    [[nodiscard]] const action* chosen() const;
    /// What is wrong with a line that could not be read, with a word that may have been meant.
    [[nodiscard]] std::string objection(const std::vector<std::string>& words,
                                        const std::string& why) const;

private:
    void add_common();

    CLI::App app_;
    std::string version_;
    settings given_;
    std::string form_ = "table";
    bool as_json_ = false;
    bool no_headers_ = false;
    std::vector<std::pair<CLI::App*, action>> actions_;
};

/// The commands as plain data, hidden ones left out.
[[nodiscard]] command_node tree_of(const CLI::App& app);

// Each adds its commands.
void add_reads(command_line& to);
void add_orders(command_line& to);
void add_bead_commands(command_line& to);
void add_upkeep(command_line& to);
void add_generators(command_line& to);

}  // namespace townd::ctl
