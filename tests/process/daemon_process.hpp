#pragma once
// The real binary as a child process: its configuration, its addresses, its end.

#include <sys/types.h>

#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "townd/words/time.hpp"

namespace townd::test {

/// A directory of its own, removed with all that is in it.
class scratch_dir {
public:
    scratch_dir();
    ~scratch_dir();
    scratch_dir(const scratch_dir&) = delete;
    scratch_dir& operator=(const scratch_dir&) = delete;
    const std::filesystem::path& path() const { return path_; }

private:
    std::filesystem::path path_;
};

/// Dotted key -> YAML value, as `{"dispatch.start_timeout", "2s"}`.
using config_keys = std::map<std::string, std::string>;

/// Every time scaled down, listeners on free ports, logfmt; `changes` replace or add keys.
config_keys fast_config(const std::filesystem::path& data_dir, const config_keys& changes = {});
std::string to_yaml(const config_keys& keys);
void write_file(const std::filesystem::path& file, const std::string& text);
std::string read_file(const std::filesystem::path& file);

/// True as soon as `condition` is, asked every 20 ms; false when `patience` is over.
bool wait_until(const std::function<bool()>& condition, duration patience = duration{20'000});
/// Outside the range that connects take their ports from, so that it can be had again after a
/// restart.
int free_port();
/// TOWND_BINARY of the environment, else the one that was built with the tests.
std::string townd_binary();

/// Any run of the binary. stdout and stderr go to files. Killed and reaped when it goes.
class child {
public:
    struct plan {
        std::vector<std::string> arguments;
        std::filesystem::path cwd;  ///< Must exist; holds `stdout` and `stderr`.
        std::map<std::string, std::string> environment;  ///< Added to ours.
    };
    explicit child(plan what);
    ~child();
    child(const child&) = delete;
    child& operator=(const child&) = delete;

    void signal(int number) const;
    /// The exit code, 128 + signal when killed; nothing when it still runs after `patience`.
    std::optional<int> wait(duration patience = duration{20'000});
    bool runs() { return !wait(duration{0}); }
    std::string out() const { return read_file(plan_.cwd / "stdout"); }
    std::string err() const { return read_file(plan_.cwd / "stderr"); }
    pid_t pid() const { return pid_; }

private:
    plan plan_;
    pid_t pid_ = -1;
    std::optional<int> code_;
};

/// `townd --config FILE`, which can be ended and started again on the same directory and address.
class daemon_process {
public:
    /// Starts nothing yet. `changes` as in fast_config.
    explicit daemon_process(config_keys changes = {},
                            std::map<std::string, std::string> environment = {});

    /// Writes the configuration anew, with `changes` on top for good.
    void configure(const config_keys& changes);
    /// Writes that text in its place.
    void configure_text(const std::string& yaml) const;
    /// False when the process ended or did not say its addresses; see err().
    [[nodiscard]] bool start();
    /// start(), and every town had its first tick.
    [[nodiscard]] bool start_ready();
    void signal(int number) const;
    std::optional<int> wait(duration patience = duration{20'000});
    /// kill -9, reaped.
    void kill();
    /// SIGTERM; the exit code.
    std::optional<int> stop(duration patience = duration{10'000});

    const std::string& api() const { return api_; }      ///< `127.0.0.1:port`
    const std::string& pages() const { return pages_; }  ///< `127.0.0.1:port`
    const std::filesystem::path& dir() const { return dir_.path(); }
    std::filesystem::path data_dir() const { return dir_.path() / "data"; }
    std::filesystem::path config_file() const { return dir_.path() / "townd.yaml"; }
    /// Of the newest start alone.
    std::string err() const;

private:
    scratch_dir dir_;
    config_keys changes_;
    std::map<std::string, std::string> environment_;
    std::optional<child> process_;
    std::string api_;
    std::string pages_;
};

}  // namespace townd::test
