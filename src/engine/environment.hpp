#pragma once
// What every town actor is given: the ports, the settings in force, the daemon's slots, and the way
// back to its own thread.

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>

#include "engine/fleet.hpp"
#include "engine/slots.hpp"
#include "store/town_store.hpp"
#include "townd/decide/retry_desk.hpp"
#include "townd/port/clock.hpp"
#include "townd/port/container.hpp"
#include "townd/port/journal.hpp"
#include "townd/port/pull_requests.hpp"
#include "townd/words/override.hpp"

namespace townd::engine {

/// The way to the fleet's coordinator of retries and outages, and what it wants known at once. Its
/// other messages come as work for the town.
class coordinator_port {
public:
    virtual ~coordinator_port() = default;
    /// Any thread; never blocks, never fails.
    virtual void tell(fleet_news news) = 0;
    /// What a town must know before its first start. Any thread.
    [[nodiscard]] virtual fleet_advice advice_for(const town_id& town, agent_role role) const = 0;
    /// The outages that are open. Any thread; cheap; never null.
    [[nodiscard]] virtual std::shared_ptr<const outage_board> board() const = 0;
};

/// Lives as long as the fleet. Members are thread-safe or constant.
struct environment {
    const clock_port& clock;
    container_port& containers;
    journal_port& journal;
    town::sources from;
    /// Opens a town's database; `create` in the options makes it.
    std::function<result<std::unique_ptr<store::town_store>>(const town_id&,
                                                             const store::open_options&, instant)>
        open_store;
    store::durability durability = store::durability::full;

    /// Runs `work` on the town's thread with no reply; never refused, never lost while the town
    /// exists (an outcome must not be).
    std::function<void(const town_id&, town_work)> post;
    /// Takes a new snapshot of a town.
    std::function<void(std::shared_ptr<const town_summary>)> publish;
    slots* in_flight = nullptr;
    coordinator_port* outages = nullptr;  ///< Null: no fleet-wide policy.
    pull_requests* forge = nullptr;       ///< Null: nobody can be asked about pull requests.
    /// Runs the command that restarts a town's container; `done` once, on any thread. Empty: none.
    std::function<void(std::vector<std::string>, std::function<void(result<void>)>)> run_command;
    /// Whether a tick that found nothing to do is published, too: only its time is news then.
    bool tells_empty_ticks = true;
    std::atomic<bool> stopping{false};

    [[nodiscard]] std::shared_ptr<const town::settings> settings() const {
        const std::scoped_lock lock(mutex_);
        return settings_;
    }
    void set_settings(std::shared_ptr<const town::settings> next) {
        const std::scoped_lock lock(mutex_);
        settings_ = std::move(next);
    }

    [[nodiscard]] shared_overrides overrides() const {
        const std::scoped_lock lock(mutex_);
        return overrides_;
    }
    /// Towns must be woken to see them at once.
    void set_overrides(shared_overrides next) {
        const std::scoped_lock lock(mutex_);
        overrides_ = std::move(next);
    }

    environment(const clock_port& clock_in, container_port& containers_in, journal_port& journal_in)
        : clock(clock_in), containers(containers_in), journal(journal_in) {}

private:
    mutable std::mutex mutex_;
    shared_overrides overrides_ = std::make_shared<const override_list>();
    std::shared_ptr<const town::settings> settings_;
};

}  // namespace townd::engine
