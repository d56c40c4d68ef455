#include "scenario/letters.hpp"

#include "town/agents.hpp"
#include "town/beads.hpp"

namespace townd::scenario {
namespace {

result<json> write_to_mayor(town::context& ctx) {
    const auto mayor = town::get_or_create(ctx, agent_role::mayor, std::nullopt);
    if (!mayor) return mayor.error();
    town::new_bead letter;
    letter.type = bead_type::message;
    letter.title = "How far are we?";
    letter.assignee = mayor->id;
    letter.created_by = "user-1";
    const auto made = town::create_bead(ctx, letter);
    if (!made) return made.error();
    return json();
}

}  // namespace

letters::letters(const scenario& of, instant began)
    : of_(of),
      began_(began),
      wanted_(static_cast<std::size_t>(all_towns_of(of)), of.work.mayor_messages),
      sent_(static_cast<std::size_t>(all_towns_of(of))) {
    for (const auto& g : of.groups)
        for (int town = g.first_town; town < g.first_town + g.towns; ++town)
            wanted_[static_cast<std::size_t>(town)] = g.work.mayor_messages;
}

// Each town at a time of its own, so that they do not all write at once.
instant letters::time_of(int town, int letter) const {
    const auto at = static_cast<std::size_t>(town);
    const double share = (letter + (town + 0.5) / of_.towns) / wanted_[at];
    return began_ +
           duration{static_cast<duration::rep>(share * static_cast<double>(of_.length.count()))};
}

engine::town_work letters::due_in(int town, instant now) {
    const auto at = static_cast<std::size_t>(town);
    if (sent_[at] >= wanted_[at] || now < time_of(town, sent_[at])) return {};
    ++sent_[at];
    return write_to_mayor;
}

}  // namespace townd::scenario
