#pragma once
// What every town actor is given: the ports, the settings in force, the daemon's slots, and the way
// back to its own thread.

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>

#include "engine/fleet.hpp"
#include "engine/slots.hpp"
#include "store/data_dir.hpp"
#include "townd/port/clock.hpp"
#include "townd/port/container.hpp"
#include "townd/port/journal.hpp"

namespace townd::engine {

/// Lives as long as the fleet. Members are thread-safe or constant.
struct environment {
    const clock_port& clock;
    container_port& containers;
    journal_port& journal;
    const store::data_dir& files;
    town::sources from;
    store::durability durability = store::durability::full;

    /// Runs `work` on the town's thread with no reply; never refused, never lost while the town
    /// exists (an outcome must not be).
    std::function<void(const town_id&, town_work)> post;
    /// Takes a new snapshot of a town.
    std::function<void(std::shared_ptr<const town_summary>)> publish;
    slots* in_flight = nullptr;
    std::atomic<bool> stopping{false};

    [[nodiscard]] std::shared_ptr<const town::settings> settings() const {
        const std::scoped_lock lock(mutex_);
        return settings_;
    }
    void set_settings(std::shared_ptr<const town::settings> next) {
        const std::scoped_lock lock(mutex_);
        settings_ = std::move(next);
    }

    environment(const clock_port& clock_in, container_port& containers_in, journal_port& journal_in,
                const store::data_dir& files_in)
        : clock(clock_in), containers(containers_in), journal(journal_in), files(files_in) {}

private:
    mutable std::mutex mutex_;
    std::shared_ptr<const town::settings> settings_;
};

}  // namespace townd::engine
