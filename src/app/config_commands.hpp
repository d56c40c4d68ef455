#pragma once
// The options that say what the configuration is, and the commands about it.

#include <CLI/CLI.hpp>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/commands.hpp"
#include "config/config.hpp"

namespace townd::app {

/// Problems as compilers print them, with the source line, on stderr.
void print_problems(const std::vector<config::problem>& problems);

/// Options and subcommands of one CLI11 app, which it must not outlive.
class config_commands {
public:
    /// Adds --config, --set, --log-level and --check-config.
    explicit config_commands(CLI::App& app);
    void add_subcommands();

    /// The exit code of the subcommand that was given, or of --check-config; nothing when none was.
    [[nodiscard]] std::optional<int> run() const;
    [[nodiscard]] config::sources sources() const;

private:
    CLI::App& app_;
    std::vector<std::filesystem::path> files_;
    std::vector<std::string> sets_;
    std::string log_level_;
    bool check_only_ = false;

    CLI::App* check_ = nullptr;
    std::vector<std::filesystem::path> checked_;
    check_options how_check_;
    CLI::App* print_ = nullptr;
    std::vector<std::filesystem::path> printed_;
    print_options how_print_;
    CLI::App* table_ = nullptr;
    std::string from_table_;
    CLI::App* manual_ = nullptr;
    std::string page_ = "townd";
};

}  // namespace townd::app
