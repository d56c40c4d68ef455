#pragma once
// townd.yaml: read strictly, whole, with every problem reported in one run.

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "townd/words/policy.hpp"

namespace townd::config {

/// A value that was written, but lost to a later source.
struct replaced_value {
    std::string value;
    std::string origin;
};

struct settings {
    std::filesystem::path data_dir = "./townd-data";
    bool durable_full = true;  ///< durability: full | normal

    struct {
        std::string listen = "127.0.0.1:8787";
        std::optional<std::string> public_url;  ///< What containers call; default: from listen.
        std::optional<std::filesystem::path> token_file;
        std::optional<std::filesystem::path> jwt_secret_file;
        std::optional<std::filesystem::path> socket;
    } api;
    struct {
        std::string listen = "127.0.0.1:9191";
        std::optional<std::filesystem::path> token_file;       ///< Lets its bearer write over TCP.
        std::optional<std::filesystem::path> read_token_file;  ///< Asked of readers over TCP.
        bool allow_insecure = false;  ///< Other machines may read the pages in clear text.
    } debug;
    struct {
        std::optional<std::filesystem::path> socket;  ///< Default: `<data_dir>/ctl.sock`.
    } ctl;
    struct {
        std::string url = "http://127.0.0.1:8080";  ///< `{town}` is replaced by the town's id.
        std::optional<std::filesystem::path> ca_file;
        std::optional<std::string> restart_url;  ///< Told to restart one; `{town}` is replaced.
        std::optional<std::filesystem::path> restart_program;  ///< Run for the same.
    } containers;
    struct {
        int threads = 8;           ///< Town threads. 1..64.
        int max_megabytes = 4096;  ///< Of a town's file; in a bigger one no bead is made.
    } towns;
    townd::policy policy;
    struct {
        std::string per_town = "none";  ///< none unhealthy all
        int per_town_limit = 500;       ///< Series of single towns at most. 1..10000.
    } metrics;
    struct {
        std::string level = "info";   ///< trace debug info warn error
        std::string format = "auto";  ///< auto journald json logfmt text
    } log;

    /// Where each key's value came from: `default`, `file:line:column`, `env:TOWND_NAME`, the name
    /// of a flag, or `derived from KEY`.
    std::map<std::string, std::string, std::less<>> origins;
    /// Values that a later source replaced, the latest first. Keys without any are not in it.
    std::map<std::string, std::vector<replaced_value>, std::less<>> replaced;
};

/// One problem: `file:line:column: error: key: what is wrong (what to write instead)`.
struct problem {
    std::string file;  ///< Or `env:TOWND_NAME`, or a flag.
    int line = 0;      ///< 1-based; 0 when it concerns the whole file.
    int column = 0;
    std::string key;       ///< Dotted; may be empty.
    std::string what;      ///< With the remedy in brackets.
    bool warning = false;  ///< Worth knowing; no reason to refuse the configuration.
    /// The line of the file, when it can be shown: never one that may hold a secret.
    std::string source = {};
    [[nodiscard]] std::string text() const;
    /// The source line with a caret below the column, two lines; empty without a source line.
    [[nodiscard]] std::string excerpt() const;
};

/// Where a key was written. `line` is 0 for a variable or a flag.
struct place {
    std::string file;
    int line = 0;  ///< 1-based, as `column`.
    int column = 0;
};

struct loaded {
    settings values;  ///< Meaningful only when `problems` is empty.
    std::vector<problem> problems;
    std::vector<problem> warnings;
    std::map<std::string, place, std::less<>> places;  ///< Of keys that any source sets.
};

/// Reads one file. Without a file: `settings{}` with all origins `default`.
[[nodiscard]] loaded load_file(const std::filesystem::path& file);
[[nodiscard]] loaded load_text(std::string_view yaml, std::string_view file_name);
[[nodiscard]] settings defaults();

/// What a configuration is made of (config/sources.hpp reads it).
struct sources {
    /// Files and directories, as `--config` names them, the later over the earlier.
    std::vector<std::filesystem::path> files;
    struct assignment {
        std::string name;   ///< `TOWND_LOG__LEVEL`; or the flag, as `--set`.
        std::string key;    ///< Dotted; empty for a variable, whose name tells it.
        std::string value;  ///< As in the file, quotes never needed.
    };
    std::vector<assignment> variables;  ///< Over the files.
    std::vector<assignment> flags;      ///< Over all.
};

/// The effective values as YAML that loads again.
[[nodiscard]] std::string print(const settings& values, bool with_origins = true);
/// The same as one JSON object; with origins, a list of `{key, value, origin, replaced}`.
[[nodiscard]] std::string print_json(const settings& values, bool with_origins);
struct printed_key {
    std::string key;
    std::string value;
    std::string origin;
    std::vector<replaced_value> replaced = {};  ///< Losers, the latest first.
};
[[nodiscard]] std::vector<printed_key> list(const settings& values);

struct change {
    std::string key;
    std::string from;
    std::string to;
    bool restart = false;  ///< Takes effect at the next start only.
};
/// What `wanted` would change, in the order of the table.
[[nodiscard]] std::vector<change> changes(const settings& running, const settings& wanted);
/// `running` with those values and origins of `wanted` that need no restart.
[[nodiscard]] settings adopted(const settings& running, const settings& wanted);

/// JSON Schema 2020-12 of townd.yaml.
[[nodiscard]] std::string json_schema();
/// The sample file: every key with its default.
[[nodiscard]] std::string sample();
/// docs/config.md.
[[nodiscard]] std::string reference();
/// townd.yaml(5), as roff.
[[nodiscard]] std::string manual();

/// Keys whose change needs a restart and that differ between the two.
[[nodiscard]] std::vector<std::string> needs_restart(const settings& running,
                                                     const settings& wanted);

/// `250ms`, `30s`, `5m`, `1h30m`; a bare number or anything else is a text saying what to write.
struct parsed_duration {
    std::optional<duration> value;
    std::string problem;
};
[[nodiscard]] parsed_duration parse_duration(std::string_view text);
[[nodiscard]] std::string duration_text(duration span);

}  // namespace townd::config
