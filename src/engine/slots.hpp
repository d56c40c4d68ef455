#pragma once
// The daemon's bounds on starts, shared by all towns: how many await their answer, and how many are
// made in a second.

#include <array>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "townd/words/time.hpp"
#include "townd/words/town.hpp"

namespace townd::engine {

/// What a town's starts may take of the whole. Hung containers hold a slot until their deadline:
/// without shares, a thousand of them would hold all slots of those that are well.
enum class start_class : std::uint8_t {
    proved,    ///< Starts worked lately: up to all slots.
    unproved,  ///< Nothing is known: up to half.
    failing,   ///< A breaker is open or the town is in an outage: up to a tenth.
    healing,   ///< Follows a canary that succeeded: up to half, and before others.
};
inline constexpr std::size_t start_class_count = 4;

/// Thread-safe. A town that found no slot is woken when one is free, in the order of asking within
/// its class, so that a town with many beads and one with a single bead take turns.
class slots {
public:
    /// `wake` is called without any lock held, from the thread that frees a slot.
    explicit slots(std::function<void(const town_id&)> wake) : wake_(std::move(wake)) {}

    /// `per_second` bounds the starts of any second; 0: none.
    void set_limit(int limit, int per_second = 0);
    /// Up to `wanted`, at least 0. What came free for a town that was woken is that town's for five
    /// seconds: the one whose start was just answered, and who ticks at once, must not take it
    /// again.
    [[nodiscard]] int reserve(const town_id& town, int wanted, start_class as, instant now);
    /// Gives back what was reserved and not used: nothing was started.
    void unused(int count, start_class as);
    /// Starts that are answered.
    void release(int count, start_class as);
    /// Wants a slot: the town is woken once when one is free. When it is the pace that is used up,
    /// nobody frees anything: returns when to ask again instead; so, too, when the last slots are
    /// kept for towns that were woken and may never ask. Else `never`.
    [[nodiscard]] instant wait(const town_id& town, start_class as, instant now);

    [[nodiscard]] int used() const;
    [[nodiscard]] int limit() const;
    /// What one town may take in one turn, so that others find some, too: an eighth of what is
    /// free, and 16 (of few, an eighth) where that is less, since every turn reads the town anew.
    [[nodiscard]] int share() const;

private:
    struct line {
        std::deque<town_id> towns;
        std::set<town_id> is_in;
    };
    struct hold {
        start_class as;
        instant until;
    };
    [[nodiscard]] int room(start_class as) const;
    void let_go(std::map<town_id, hold>::iterator of);
    void refill(instant now);
    void give_back(int count, start_class as);
    void see(instant now);
    /// Who may have a slot now, each of them held; under the lock.
    [[nodiscard]] std::vector<town_id> next_in_line();
    void wake(const std::vector<town_id>& due);

    mutable std::mutex mutex_;
    int limit_ = 200;
    int per_second_ = 0;
    std::array<int, start_class_count> used_{};
    std::array<line, start_class_count> waiting_;
    std::map<town_id, hold> held_;  ///< One slot for each town that was woken and has not asked.
    std::array<int, start_class_count> held_by_class_{};
    instant seen_{};     ///< The latest time that anybody told.
    double tokens_ = 0;  ///< Starts that the pace allows now.
    instant refilled_at_{};
    std::array<instant, start_class_count> promised_until_{};  ///< Turns up to then are given away.
    instant failing_asked_{};  ///< A failing town found no turn: its probe goes first.
    std::function<void(const town_id&)> wake_;
};

}  // namespace townd::engine
