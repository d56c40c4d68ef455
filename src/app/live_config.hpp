#pragma once
// The configuration in force, the files that it came from, and how one becomes the other.

#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "config/config.hpp"
#include "json/json.hpp"
#include "townd/port/clock.hpp"

namespace townd::app {

/// Files are looked at no more often.
inline constexpr duration look_every{10'000};

/// Any thread may call any member; reloads wait for each other, what is shown waits for none.
class live_config {
public:
    /// Puts values in force; must not fail.
    using apply_function = std::function<void(const config::settings&)>;

    live_config(const clock_port& clock, config::settings first, apply_function apply);

    /// What to read again; before that, a reload finds nothing to read.
    void read_from(config::sources from);

    /// Reads all, checks all, and puts it in force whole or not at all. A dry run only says what
    /// it would do: `{ok, dry_run, generation, changes: [{key, from, to, restart}], errors: [text],
    /// warnings: [text], pending_restart: [key]}`. Reads files.
    json reload(bool dry_run);
    /// New values from elsewhere. The keys that need a restart and keep theirs.
    std::vector<std::string> adopt(const config::settings& next);
    /// A reload that was refused elsewhere; shown until one succeeds.
    void refuse(const std::vector<std::string>& problems);
    /// Reads the files when they look changed since the last time, every `look_every` at most.
    void look();

    /// `{generation, loaded_at, last_reload: {ok, error: [text]}, differs_from_disk,
    /// pending_restart, files}`.
    [[nodiscard]] json status() const;
    [[nodiscard]] std::vector<config::printed_key> keys() const;
    /// What /metrics shows of it, and how.
    struct facts_for_metrics {
        instant loaded_at{};
        bool differs_from_disk = false;
        std::size_t pending_restart = 0;  ///< Keys.
        std::string per_town;             ///< `metrics.per_town`.
        std::size_t per_town_limit = 0;
    };
    [[nodiscard]] facts_for_metrics facts() const;
    [[nodiscard]] duration tick_interval() const;
    /// Begins a status line while a refused reload is not mended; empty otherwise.
    [[nodiscard]] std::string trouble() const;

private:
    void compare(const config::loaded& disk);

    const clock_port& clock_;
    apply_function apply_;

    std::mutex reading_;  // One reload or look at a time; guards the three below.
    config::sources from_;
    std::string seen_;  // What the files looked like when they were last read.
    instant looked_at_{};

    mutable std::mutex mutex_;  // Guards the rest; held for copies only.
    config::settings in_force_;
    std::vector<std::string> errors_;  // Of the last reload.
    std::vector<std::string>
        pending_;  // Keys that the files give other values than those in force.
    std::vector<std::string> files_;
    bool differs_ = false;
    std::uint64_t generation_ = 1;
    instant loaded_at_;
};

}  // namespace townd::app
