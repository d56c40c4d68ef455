#pragma once
// Messages to the towns' mayors, spread over a run.

#include <vector>

#include "scenario/scenario.hpp"

namespace townd::scenario {

class letters {
public:
    /// `of` must outlive it.
    letters(const scenario& of, instant began);

    /// What is due in the town; empty when nothing is. A mayor is made with its first message.
    [[nodiscard]] engine::town_work due_in(int town, instant now);

private:
    [[nodiscard]] instant time_of(int town, int letter) const;

    const scenario& of_;
    const instant began_;
    std::vector<int> wanted_;  ///< By town.
    std::vector<int> sent_;
};

}  // namespace townd::scenario
