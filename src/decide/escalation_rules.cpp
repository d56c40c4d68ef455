// Escalations: told again while nobody listens, never about what is over.
//
// Sources: original's tick, phase 3; Kilo #1831 (ghost escalations for a day), #2123; incident row
// F6.

#include <algorithm>

#include "townd/decide/reconcile.hpp"

namespace townd {

void escalation_rules(const town_view& view, plan& out) {
    for (const auto& c : view.rows.concerns) {
        const bead* b = view.find_bead(c.id);
        if (b == nullptr || b->type != bead_type::escalation) continue;
        const bool over = c.about_bead && view.find_bead(*c.about_bead) == nullptr &&
                          !view.is_unreadable(*c.about_bead) &&
                          view.find_agent(*c.about_bead) == nullptr;
        if (over) {
            out.add("escalation_over", "what it was about is over",
                    move_bead{b->id, bead_status::closed, false});
            continue;
        }
        if (c.acknowledged || c.repeats >= re_escalations_max) continue;
        // Counted from its beginning: 4 h, then 8 h and 12 h more.
        duration wait{0};
        for (int told = 0; told <= c.repeats; ++told)
            wait += re_escalate_every * (told + 1);
        const instant due =
            std::max(std::min(b->created_at, view.now) + wait, view.facts.opened_at);
        if (due > view.now) {
            out.look_at(due);
            continue;
        }
        out.add("escalation_open", "open for " + to_words(view.now - b->created_at),
                re_escalate{b->id});
    }
}

}  // namespace townd
