#pragma once
// A reviewer that wants changes: the work goes back to a polecat, the review waits for it.

#include "town/callbacks.hpp"

namespace townd::town {

inline constexpr std::string_view rework_label = "gt:rework";
/// How a session ended that asked for changes; its later `done` says nothing more.
inline constexpr std::string_view changes_requested = "changes requested";
inline constexpr std::size_t rework_files_max = 100;

struct wanted_changes {
    std::string feedback;
    std::vector<std::string> files;  ///< At most rework_files_max.
};
struct changes_answer {
    std::optional<bead_id> rework;
    std::string refusal;  ///< Why the merge request failed instead of one more round.
};

/// By the refinery that reviews (its hook, or the work of its newest attempt). Makes one issue that
/// the merge request waits for, on its branch; the merge request is open again and the session ends
/// well. Said twice by one dispatch it comes to the same bead. Over the cap of attempts the merge
/// request fails, which its source is charged for. `conflict` for who reviews nothing.
[[nodiscard]] result<changes_answer> request_changes(context& ctx, const agent_id& agent,
                                                     const named_dispatch& named,
                                                     const wanted_changes& wanted);

}  // namespace townd::town
