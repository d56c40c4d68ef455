#pragma once
// What the chronicle is made of: plain values without a lock or a clock, each with its bounds.

#include <array>
#include <compare>
#include <deque>
#include <list>
#include <map>
#include <memory>
#include <unordered_map>
#include <vector>

#include "engine/chronicle.hpp"

namespace townd::engine {

using event_ptr = std::shared_ptr<const fleet_event>;

/// Events in order, and those of them that are not written yet.
class event_shelf {
public:
    void await_restore() { waits_ = true; }
    /// The numbered events in `out`; none while it waits.
    void add(std::shared_ptr<fleet_event> what, std::vector<event_ptr>& out);
    void restore(std::vector<event_ptr> kept, std::int64_t used, std::vector<event_ptr>& out);
    [[nodiscard]] std::vector<event_ptr> take_unwritten();
    void put_back(std::vector<event_ptr> unwritten);
    [[nodiscard]] std::uint64_t lost() const noexcept { return lost_; }

    [[nodiscard]] std::int64_t oldest() const { return kept_.empty() ? 0 : kept_.front()->seq; }
    [[nodiscard]] std::int64_t newest() const noexcept { return newest_; }
    /// Above `after`, or all; the oldest first.
    [[nodiscard]] std::vector<event_ptr> above(std::int64_t after) const;
    [[nodiscard]] std::vector<event_ptr> below(std::int64_t before) const;

private:
    void keep(event_ptr what);

    std::deque<event_ptr> kept_;
    std::deque<event_ptr> unwritten_;
    std::vector<std::shared_ptr<fleet_event>> early_;  // Before `restore`.
    std::int64_t newest_ = 0;
    std::uint64_t lost_ = 0;
    bool waits_ = false;
};

/// Counts by minute and role, for a day.
class minute_ring {
public:
    minute_ring() : slots_(static_cast<std::size_t>(chronicle::minutes_max)) {}
    void count(instant now, std::size_t role, int minute_counts::*figure, int by);
    void sample(instant now, int dispatching, int towns);
    /// `role` empty: all of them.
    [[nodiscard]] std::vector<minute_counts> newest(instant now, int count,
                                                    std::optional<std::size_t> role) const;

private:
    struct slot {
        std::int64_t minute = -1;
        std::array<minute_counts, 3> by_role;
        int dispatching = -1;
        int towns = -1;
    };
    slot& at(std::int64_t minute);

    std::vector<slot> slots_;
};

/// Failures by fingerprint.
class cause_table {
public:
    static constexpr std::size_t towns_max = 50'000;  ///< Told apart, over all causes.
    static constexpr std::size_t newest_max = 9;
    static constexpr std::size_t towns_shown_max = 100;

    void add(const std::string& fingerprint, std::shared_ptr<const seen_failure> what);
    [[nodiscard]] std::vector<cause> all(instant now) const;
    [[nodiscard]] std::optional<cause> find(const std::string& fingerprint, instant now) const;

private:
    struct entry {
        instant first_at{};
        instant last_at{};
        std::int64_t count = 0;
        std::int64_t minute = 0;  // That the newest place of the ring counts.
        std::array<int, 60> ring{};
        std::unordered_map<town_id, instant> towns;
        std::shared_ptr<const seen_failure> first;
        std::deque<std::shared_ptr<const seen_failure>> newest;  // The newest in front.
    };
    static void turn(entry& e, std::int64_t minute);
    void saw(entry& e, const town_id& town, instant at);
    void forget_quietest();
    [[nodiscard]] static cause shown(const std::string& fingerprint, const entry& e, instant now);

    std::map<std::string, entry> causes_;
    std::size_t towns_held_ = 0;
};

/// Breakers' transitions, the newest of each and of all.
class transition_shelf {
public:
    void add(breaker_transition what);
    [[nodiscard]] std::vector<breaker_transition> of(const town_id& town,
                                                     const std::string& key) const;
    [[nodiscard]] std::size_t size() const noexcept { return all_.size(); }

private:
    using place = std::pair<town_id, std::string>;
    std::list<breaker_transition> all_;  // The oldest first.
    std::map<place, std::deque<std::list<breaker_transition>::iterator>> by_breaker_;
};

}  // namespace townd::engine
