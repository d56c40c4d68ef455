#pragma once
// What a gate looks at, and the gates themselves. Each says whether it holds, when time alone would
// change that, and (only when asked) in words. `ask` and `explain` walk the same table.

#include <array>
#include <string>

#include "townd/decide/gate.hpp"

namespace townd {

struct gate::context {
    const gate& self;
    const town_view& view;
    const candidate& want;
    chosen_slot slot{};
    std::optional<place_doubt> doubt{};   // Why the place needs leave.
    const fleet_advice* lease = nullptr;  // The fleet's leave for one try.
    bool trying = false;                  // It may try what is in doubt.
    std::optional<breaker_set::refused> breaker{};
    bool words = false;  // Fill `detail`.

    // What a gate says.
    gate_reason reason{};
    instant until = never;
    bool wants_leave = false;
    std::string detail{};

    bool refuse(gate_reason why, instant when = never) {
        reason = why;
        until = when;
        return false;
    }
    void say(auto&& text) {
        if (words) detail = text();
    }
    // The slot that would start, and what its breakers say.
    void find_slot();
    // Below the limit, or refused with the count.
    bool below(int count, int limit, std::string_view what,
               gate_reason why = gate_reason::concurrency_limit, instant when = never);

    // State and orders: gate_state.cpp.
    bool daemon_runs();
    bool daemon_unpaused();
    bool town_readable();
    bool town_unpaused();
    bool bead_ready();
    bool bead_dispatchable();
    bool rig_configured();
    bool not_running();
    bool attempts_left();
    bool not_parked();
    bool due();
    // Breakers, pace and bounds: gate_limits.cpp.
    bool place_proved();
    bool waits_for_leave(const std::string& what);
    bool breakers_closed();
    bool within_budget();
    bool agent_free();
    bool paced();
    bool within_limits();

    // An operator's order that applies, or null.
    const override_order* order_of(override_scope scope) const;
    bool refuse_for(const override_order& order, gate_reason why);

    struct row {
        gate_reason stands_for;
        bool (context::*holds)();
    };
    static constexpr std::size_t row_count = 17;
    static const std::array<row, row_count> rows;
};

/// `3 of 8 agents of the town`.
[[nodiscard]] std::string used_of(int count, int limit, std::string_view what);

}  // namespace townd
