#pragma once
// What all parts of one world share: its time, its chance, its faults, and the record of what was.

#include <string>
#include <utility>
#include <vector>

#include "sim/faults.hpp"
#include "sim/random.hpp"
#include "sim/schedule.hpp"
#include "sim/world.hpp"
#include "townd/port/clock.hpp"

namespace townd::sim {

class virtual_clock final : public clock_port {
public:
    explicit virtual_clock(instant begin) : now_(begin) {}
    [[nodiscard]] instant now() const noexcept override { return now_; }
    [[nodiscard]] std::int64_t wall_seconds() const noexcept override {
        return unix_ms(now_) / 1000;
    }
    void set(instant to) noexcept { now_ = to; }

private:
    instant now_;
};

class fleet_judge;

struct stage {
    explicit stage(world_options&& o)
        : options(std::move(o)),
          clock(options.begin),
          chance(options.seed),
          ids(chance.split()),
          faults(options.faults, options.towns, options.seed),
          absent(static_cast<std::size_t>(options.towns)) {}

    /// Of a town's work.
    [[nodiscard]] const work_options& work(std::uint32_t town) const noexcept {
        const work_options* found = &options.work;
        for (const auto& g : options.groups) {
            const int n = static_cast<int>(town);
            if (n >= g.first_town && n < g.first_town + g.towns) found = &g.work;
        }
        return *found;
    }
    [[nodiscard]] instant now() const noexcept { return clock.now(); }
    void at(instant when, kind what, std::uint32_t town = 0, std::uint64_t arg = 0) {
        events.add(when, what, town, arg);
    }
    void in(duration wait, kind what, std::uint32_t town = 0, std::uint64_t arg = 0) {
        events.add(now() + wait, what, town, arg);
    }
    /// One event of the record that two runs of one seed are compared by.
    void record(std::uint64_t what, std::uint64_t a = 0, std::uint64_t b = 0) noexcept {
        hash = (hash ^ what) * 0x100000001B3ULL;
        hash = (hash ^ (a * 0x9E3779B97F4A7C15ULL) ^ b) * 0x100000001B3ULL;
        hash ^= static_cast<std::uint64_t>(unix_ms(now())) + (hash >> 29U);
    }
    /// A line for people, made only when someone reads.
    void line(auto&& make) {
        if (options.trace)
            lines.push_back(to_rfc3339(now()).substr(11, 12) + " " + std::string{make()});
    }
    /// Whether a fault in force hits this start or session.
    [[nodiscard]] bool strikes(const fault_level& level, std::string_view bead) noexcept {
        return level.by_bead() ? level.is_bad(bead) : chance.chance(level.strength);
    }
    void struck(fault what) noexcept { ++counts.faults[static_cast<std::size_t>(what)]; }
    void broke(std::string_view invariant, const town_id& town, std::string sentence) {
        line([&] { return "BROKEN " + std::string{invariant} + " " + town + ": " + sentence; });
        if (broken) return;
        broken = violation{std::string{invariant}, now(), town, std::move(sentence), options.seed};
    }

    world_options options;
    virtual_clock clock;
    fleet_judge* fleet = nullptr;  ///< Judges the fleet; null: nobody does.
    random chance;
    random ids;  ///< Of the daemon: its jitter.
    schedule events;
    fault_plan faults;
    std::vector<bool> absent;            ///< Towns that do not exist: not yet, or no more.
    std::uint64_t fault_generation = 0;  ///< Planned crashes and kills of an older one are void.
    std::uint64_t ids_made = 0;          ///< Of rows; no process gives one twice.
    totals counts;
    std::optional<violation> broken;
    std::uint64_t hash = 0xCBF29CE484222325ULL;
    std::vector<std::string> lines;
};

}  // namespace townd::sim
