#pragma once
// Molecules: the steps of a piece of work, one after the other. A bead of type molecule whose
// parent is the work; its metadata holds `steps` and `current_step`, counted from 0.

#include "town/context.hpp"
#include "townd/words/result.hpp"

namespace townd::town {

inline constexpr std::size_t molecule_steps_max = 100;

struct molecule_step {
    std::string title;
    std::string instructions;
};
struct molecule {
    bead_id id;
    bead_id work;
    bead_status status = bead_status::open;
    std::size_t current = 0;  ///< Number of steps that are done.
    std::vector<molecule_step> steps;
};

/// The molecule of the agent's work that is not over; empty when there is none.
[[nodiscard]] std::optional<molecule> current_molecule(context& ctx, const agent_id& agent);

/// The current step is done; the last one closes the molecule. `step` says which one is meant: one
/// that is done already is fine and changes nothing, a later one is a `conflict`. `not_found`
/// without a molecule.
[[nodiscard]] result<molecule> advance_molecule(context& ctx, const agent_id& agent,
                                                std::optional<std::size_t> step,
                                                const std::optional<std::string>& summary);

/// The work is over, and so are its steps.
void close_molecules(context& ctx, const bead& work);

}  // namespace townd::town
