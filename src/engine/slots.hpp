#pragma once
// The daemon's bound on starts in flight, shared by all towns.

#include <deque>
#include <functional>
#include <mutex>
#include <set>
#include <string>

#include "townd/words/town.hpp"

namespace townd::engine {

/// Thread-safe. A town that found no slot is woken when one is free, in the order of asking, so
/// that a town with many beads and one with a single bead take turns.
class slots {
public:
    /// `wake` is called without any lock held, from the thread that frees a slot.
    explicit slots(std::function<void(const town_id&)> wake) : wake_(std::move(wake)) {}

    void set_limit(int limit);
    /// Up to `wanted`, at least 0.
    [[nodiscard]] int reserve(int wanted);
    void release(int count);
    /// Wants to be woken once when a slot is free: at once when one is.
    void wait(const town_id& town);

    [[nodiscard]] int used() const;
    [[nodiscard]] int limit() const;

private:
    mutable std::mutex mutex_;
    int limit_ = 200;
    int used_ = 0;
    std::deque<town_id> waiting_;
    std::set<town_id> is_waiting_;
    std::function<void(const town_id&)> wake_;
};

}  // namespace townd::engine
