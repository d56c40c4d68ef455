#pragma once
// The commands of the program. Each returns the exit code.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "config/config.hpp"
#include "townd/words/time.hpp"

namespace townd::app {

/// Runs the daemon until SIGTERM or SIGINT; SIGHUP reads the configuration again.
int serve(const config::sources& from);

struct check_options {
    bool environment = false;  ///< Also what the machine must have: files, ports, names.
    bool as_json = false;
};
/// All errors in one run: `exit_ok` or `exit_config`.
int check_config(const config::sources& from, const check_options& how);

struct print_options {
    bool only_defaults = false;  ///< With what there is to say of each key.
    bool origins = false;        ///< And what was replaced.
    bool as_json = false;
};
int print_config(const config::sources& from, const print_options& how);

/// `schema`, `sample` or `reference`, made from the option table.
int print_from_table(const std::string& what);
/// The manual page of that name, as roff.
int print_manual(const std::string& page);

struct stand_in_options {
    std::string listen = "127.0.0.1:8080";
    std::string behaviour = "ok";
    std::vector<std::string> roles;  ///< `polecat=http-500`.
    std::string work_time = "2s";
    std::string review_time = "1s";
    std::string heartbeat_every = "30s";
    std::string late_by = "65s";
    std::string die_after = "1s";
    std::string drain_time = "500ms";
    std::string replace_time = "200ms";
    std::string triage_action = "RESTART";
    std::string start_log;
    bool fail_work = false;
    bool naive = false;
};
int stand_in(const stand_in_options& options);

struct demo_options {
    std::string outage_for = "25s";
    bool stay = false;  ///< Until a signal, also without a terminal.
};
/// The story in a minute.
int demo(const demo_options& options);

struct simulate_options {
    std::string scenario;           ///< A file, or the bare name of a shipped one.
    std::vector<std::string> sets;  ///< `key=value`, over the file's.
    std::optional<std::uint64_t> seed;
    std::string json;  ///< File to write; `-`: standard output, in place of the table.
    std::string svg;
    std::string family;    ///< A family file, or `family` for the shipped one.
    int count = 1;         ///< Incidents to draw from it, of seeds from `seed` on.
    bool figures = false;  ///< Lists the figures that `must` may speak of.
    bool list = false;     ///< Lists the shipped scenarios.
    bool print = false;    ///< Prints the scenario's file, checked.
};
/// Plays a scenario in virtual time. `exit_ok` when its figures are reached, else `exit_failed`.
int simulate(const simulate_options& options);

struct town_copy_options {
    std::string town;
    std::filesystem::path file;
    bool restores = false;  ///< From the file into the data directory.
    bool replaces = false;  ///< A town that exists.
};
/// Backs a town up, or restores it, on the data directory of a daemon that does not run.
int copy_town(const config::sources& from, const town_copy_options& what);

struct adopt_options {
    std::vector<std::filesystem::path> files;
    std::filesystem::path town_config;  ///< Empty: what the file brings.
    std::filesystem::path data_dir;     ///< Empty: the configured one.
    std::string as;                     ///< Empty: the id that the file says.
    bool dry_run = false;
    bool as_json = false;
};
/// Takes over town databases of the original, each on its own. The code of the first that fails.
int adopt(const config::sources& from, const adopt_options& what);

}  // namespace townd::app
