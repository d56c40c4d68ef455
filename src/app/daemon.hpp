#pragma once
// The whole daemon as one object: `serve` runs one until a signal, the demo runs one among its
// stand-ins, tests start one on free ports.

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "config/config.hpp"
#include "engine/fleet.hpp"
#include "json/json.hpp"
#include "townd/words/result.hpp"

namespace townd::app {

class daemon {
public:
    /// Reads secrets, takes the data directory, binds the listeners, opens the towns and begins to
    /// tick. The failure's text says what to do; its kind tells the exit code (`exit_code_of`).
    /// `banner` is shown on top of every page.
    /// `from` is what a reload reads again.
    [[nodiscard]] static result<std::unique_ptr<daemon>> start(config::settings settings,
                                                               std::string banner = {},
                                                               config::sources from = {});
    virtual ~daemon() = default;

    /// Reads the configuration again and puts it in force, whole or not at all, from each town's
    /// next tick; the service manager, the log and the metrics are told. See live_config for the
    /// answer. Reads files: not for a thread that ticks or serves.
    virtual json reload(bool dry_run) = 0;
    /// Sees whether the files still say what is in force; cheap, and rare by itself.
    virtual void look_at_files() = 0;
    /// The verdict, after what is wrong with the configuration.
    [[nodiscard]] virtual std::string status_line() const = 0;

    /// Stops new starts, waits up to `patience` for answers that are on their way, records the rest
    /// as unknown, closes everything. Idempotent.
    virtual void stop(duration patience) = 0;

    [[nodiscard]] virtual std::string api_address() const = 0;  ///< `127.0.0.1:8787`.
    [[nodiscard]] virtual std::string debug_address() const = 0;
    [[nodiscard]] virtual engine::fleet& towns() = 0;
    [[nodiscard]] virtual std::string verdict() const = 0;
    [[nodiscard]] virtual bool ready() const = 0;  ///< Every town had its first tick.
    /// Ticks go on: the newest finished one is young enough, or no town is due.
    [[nodiscard]] virtual bool alive() const = 0;
};

[[nodiscard]] int exit_code_of(const failure& why) noexcept;

}  // namespace townd::app
