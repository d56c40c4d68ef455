#pragma once
// What must hold in every town whatever happens. Looked at after each tick; a rule owns the repair
// of each, so that one that stays broken is a bug or a row that nobody can read.
//
// Sources: original's invariants 1-7 (two of which it never checked), Kilo #1487 (31,000 reports of
// one violation in two days: reported on change here, never each tick).

#include <string>
#include <string_view>
#include <vector>

#include "townd/decide/town_state.hpp"

namespace townd {

struct broken_invariant {
    int number = 0;                ///< 1..7.
    std::string subject;           ///< Bead, agent or rig.
    std::string sentence;          ///< What is wrong.
    std::string_view repaired_by;  ///< The rule that owns the repair.
};
inline constexpr int invariant_count = 7;
inline constexpr std::size_t broken_invariants_max = 50;
/// One sentence on what an invariant demands. `number` is 1..7.
[[nodiscard]] std::string_view invariant_text(int number) noexcept;

/// At most broken_invariants_max. A moment in which a tick's own actions are half done is none:
/// who reports waits until one has stayed broken for a while.
[[nodiscard]] std::vector<broken_invariant> check_invariants(const town_view& view);

}  // namespace townd
