// What waits for what within a new convoy.

#include <algorithm>

#include "town/convoys.hpp"

namespace townd::town {
namespace {

constexpr std::size_t shown_title_bytes = 80;

// The place that a link means; empty with a problem's text when it means none.
struct meant {
    std::optional<std::size_t> place;
    std::string problem;
};

meant by_place(std::int64_t place, std::size_t count) {
    if (place >= 0 && static_cast<std::size_t>(place) < count)
        return {static_cast<std::size_t>(place), {}};
    return {std::nullopt, "there is no bead " + std::to_string(place) + ": places go from 0 to " +
                              std::to_string(count - 1)};
}

meant by_title(const std::string& title, const std::vector<convoy_bead>& beads) {
    const auto has_it = [&](const convoy_bead& b) { return b.title == title; };
    const auto first = std::find_if(beads.begin(), beads.end(), has_it);
    const std::string shown = clean_text(title, shown_title_bytes);
    if (first == beads.end())
        return {std::nullopt, "no bead of this convoy has the title \"" + shown + "\""};
    if (std::find_if(first + 1, beads.end(), has_it) != beads.end())
        return {std::nullopt, "several beads have the title \"" + shown + "\": give the place"};
    return {static_cast<std::size_t>(first - beads.begin()), {}};
}

meant meaning_of(const convoy_link& link, const std::vector<convoy_bead>& beads) {
    if (const auto* place = std::get_if<std::int64_t>(&link)) return by_place(*place, beads.size());
    return by_title(std::get<std::string>(link), beads);
}

// Walks from bead to blocker; what is met again on the way closes a cycle.
class walk {
public:
    explicit walk(const std::vector<std::vector<std::size_t>>& after)
        : after_(after), seen_(after.size(), mark::unseen) {}

    // The cycle's places, its first one also last; empty when there is none.
    std::vector<std::size_t> find() {
        for (std::size_t i = 0; i < after_.size(); ++i)
            if (seen_[i] == mark::unseen && closes(i)) return cycle_;
        return {};
    }

private:
    enum class mark : std::uint8_t { unseen, on_the_way, done };

    bool closes(std::size_t at) {  // As deep as the convoy has beads at most.
        seen_[at] = mark::on_the_way;
        way_.push_back(at);
        for (const std::size_t next : after_[at]) {
            if (seen_[next] == mark::on_the_way) {
                cycle_.assign(std::find(way_.begin(), way_.end(), next), way_.end());
                cycle_.push_back(next);
                return true;
            }
            if (seen_[next] == mark::unseen && closes(next)) return true;
        }
        way_.pop_back();
        seen_[at] = mark::done;
        return false;
    }

    const std::vector<std::vector<std::size_t>>& after_;
    std::vector<mark> seen_;
    std::vector<std::size_t> way_;
    std::vector<std::size_t> cycle_;
};

}  // namespace

convoy_order order_of(const std::vector<convoy_bead>& beads) {
    convoy_order out;
    out.after.resize(beads.size());
    for (std::size_t i = 0; i < beads.size(); ++i)
        for (std::size_t j = 0; j < beads[i].depends_on.size(); ++j) {
            auto on = meaning_of(beads[i].depends_on[j], beads);
            if (on.place == i) on = {std::nullopt, "a bead cannot wait for itself"};
            if (!on.place) {
                out.problems.push_back({i, j, std::move(on.problem)});
                continue;
            }
            auto& after = out.after[i];
            if (std::find(after.begin(), after.end(), *on.place) == after.end())
                after.push_back(*on.place);
        }
    for (const std::size_t at : walk(out.after).find())
        out.cycle +=
            (out.cycle.empty() ? "" : " -> ") + clean_text(beads[at].title, shown_title_bytes);
    return out;
}

}  // namespace townd::town
