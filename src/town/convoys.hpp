#pragma once
// Convoys: beads that are made together and land together. What lands and ends them is the rules'
// (landing.hpp); here is what people and programs ask for.

#include <variant>

#include "town/context.hpp"
#include "townd/words/result.hpp"

namespace townd::town {

inline constexpr std::size_t convoy_beads_max = 200;
inline constexpr std::string_view lands_by_review = "review-then-land";
inline constexpr std::string_view lands_bead_by_bead = "review-and-merge";

/// Another bead of the same request: its place, counted from 0, or its title.
using convoy_link = std::variant<std::int64_t, std::string>;

struct convoy_bead {
    std::string title;
    std::optional<std::string> body;
    std::vector<convoy_link> depends_on;
};
struct new_convoy {
    std::string title;
    rig_id rig;
    std::vector<convoy_bead> beads;         ///< 1..convoy_beads_max.
    std::optional<std::string> merge_mode;  ///< Else the town's, else review-then-land.
    std::optional<bool> staged;             ///< Else the town's, else false.
    std::string created_by;
};

/// Which beads each bead waits for, by their places, and all that is wrong with what was asked.
struct convoy_order {
    struct problem {
        std::size_t bead;
        std::size_t link;
        std::string text;
    };
    std::vector<std::vector<std::size_t>> after;  ///< Each place once.
    std::vector<problem> problems;
    std::string cycle;  ///< `a -> b -> a` by titles, when beads wait for each other; else empty.
};
/// Pure.
[[nodiscard]] convoy_order order_of(const std::vector<convoy_bead>& beads);

struct made_convoy {
    bead convoy;
    std::vector<bead> beads;  ///< In the order of the request.
};
/// `not_found` for an unknown rig; `invalid` when `order_of` finds anything wrong.
[[nodiscard]] result<made_convoy> create_convoy(context& ctx, const new_convoy& wanted);

/// Its beads may be dispatched from now on. Fine when it was started before; `conflict` when it is
/// over.
[[nodiscard]] result<bead> start_convoy(context& ctx, const bead_id& id);

/// By a person's or program's word: the convoy is closed and did not land. Its beads that are
/// not over are closed, its merge requests fail, the agents on them are stopped. `conflict` when it
/// is over already.
[[nodiscard]] result<bead> close_convoy(context& ctx, const bead_id& id);

/// What of it is not over is ended, as by `close_convoy`; its beads become `to`.
void cancel_members(context& ctx, const bead_id& convoy, bead_status to);

/// A failed bead of it is tried again: a failed convoy is open again, with all its tries to land.
void reopen_convoy_of(context& ctx, const bead_id& member);

/// `not_found` when there is no such convoy.
[[nodiscard]] result<bead> find_convoy_bead(context& ctx, const bead_id& id);

/// How far a convoy is.
struct convoy_progress {
    store::convoy row;
    std::vector<bead> beads;  ///< Its issues.
    int closed = 0;
    int failed = 0;
};
[[nodiscard]] convoy_progress progress_of(context& ctx, const bead_id& id);

}  // namespace townd::town
