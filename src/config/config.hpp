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
        std::optional<std::filesystem::path> token_file;  ///< Lets its bearer write over TCP.
    } debug;
    struct {
        std::optional<std::filesystem::path> socket;  ///< Default: `<data_dir>/ctl.sock`.
    } ctl;
    struct {
        std::string url = "http://127.0.0.1:8080";  ///< `{town}` is replaced by the town's id.
        std::optional<std::filesystem::path> ca_file;
    } containers;
    struct {
        int threads = 8;  ///< Town threads. 1..64.
    } towns;
    townd::policy policy;
    struct {
        std::string level = "info";   ///< trace debug info warn error
        std::string format = "auto";  ///< auto journald json logfmt text
    } log;

    /// Where each key's value came from: `default`, or `file:line:column`.
    std::map<std::string, std::string, std::less<>> origins;
};

/// One problem: `file:line:column: error: key: what is wrong (what to write instead)`.
struct problem {
    std::string file;
    int line = 0;  ///< 1-based; 0 when it concerns the whole file.
    int column = 0;
    std::string key;   ///< Dotted; may be empty.
    std::string what;  ///< With the remedy in brackets.
    [[nodiscard]] std::string text() const;
};

struct loaded {
    settings values;  ///< Meaningful only when `problems` is empty.
    std::vector<problem> problems;
};

/// Reads one file. Without a file: `settings{}` with all origins `default`.
[[nodiscard]] loaded load_file(const std::filesystem::path& file);
[[nodiscard]] loaded load_text(std::string_view yaml, std::string_view file_name);
[[nodiscard]] settings defaults();

/// Every effective value with its origin as a trailing comment, as YAML that loads again.
[[nodiscard]] std::string print(const settings& values);
struct printed_key {
    std::string key;
    std::string value;
    std::string origin;
};
[[nodiscard]] std::vector<printed_key> list(const settings& values);

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
