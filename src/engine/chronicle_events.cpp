// The events' shelf and the breakers' transitions.

#include <algorithm>
#include <utility>

#include "engine/chronicle_parts.hpp"

namespace townd::engine {

void event_shelf::keep(event_ptr what) {
    if (kept_.size() >= chronicle::events_max) kept_.pop_front();
    if (unwritten_.size() >= chronicle::events_max) {
        unwritten_.pop_front();
        ++lost_;
    }
    unwritten_.push_back(what);
    kept_.push_back(std::move(what));
}

void event_shelf::add(std::shared_ptr<fleet_event> what, std::vector<event_ptr>& out) {
    if (waits_) {
        if (early_.size() < chronicle::events_max)
            early_.push_back(std::move(what));
        else
            ++lost_;
        return;
    }
    what->seq = ++newest_;
    out.push_back(what);
    keep(std::move(what));
}

void event_shelf::restore(std::vector<event_ptr> kept, std::int64_t used,
                          std::vector<event_ptr>& out) {
    const std::int64_t first = kept_.empty() ? newest_ + 1 : kept_.front()->seq;
    const std::int64_t last = kept.empty() ? 0 : kept.back()->seq;
    newest_ = std::max({newest_, used, last});
    // When it was told without the file for a while, what is in the file lies before that.
    if (!kept_.empty()) std::erase_if(kept, [&](const event_ptr& e) { return e->seq >= first; });
    for (auto at = kept.rbegin(); at != kept.rend() && kept_.size() < chronicle::events_max; ++at)
        kept_.push_front(std::move(*at));
    waits_ = false;
    for (auto& each : std::exchange(early_, {}))
        add(std::move(each), out);
}

std::vector<event_ptr> event_shelf::take_unwritten() {
    std::vector<event_ptr> out{unwritten_.begin(), unwritten_.end()};
    unwritten_.clear();
    return out;
}

void event_shelf::put_back(std::vector<event_ptr> unwritten) {
    for (auto at = unwritten.rbegin(); at != unwritten.rend(); ++at) {
        if (unwritten_.size() >= chronicle::events_max)
            ++lost_;
        else
            unwritten_.push_front(std::move(*at));
    }
}

std::vector<event_ptr> event_shelf::above(std::int64_t after) const {
    const auto from =
        std::upper_bound(kept_.begin(), kept_.end(), after,
                         [](std::int64_t seq, const event_ptr& e) { return seq < e->seq; });
    return {from, kept_.end()};
}

std::vector<event_ptr> event_shelf::below(std::int64_t before) const {
    const auto end =
        std::lower_bound(kept_.begin(), kept_.end(), before,
                         [](const event_ptr& e, std::int64_t seq) { return e->seq < seq; });
    return {kept_.begin(), end};
}

void transition_shelf::add(breaker_transition what) {
    const place of{what.town, what.key};
    auto& own = by_breaker_[of];
    if (own.size() >= chronicle::transitions_each_max) {
        all_.erase(own.front());
        own.pop_front();
    }
    own.push_back(all_.insert(all_.end(), std::move(what)));
    if (all_.size() <= chronicle::transitions_max) return;
    // The oldest of all is the oldest of its own breaker.
    const auto theirs = by_breaker_.find({all_.front().town, all_.front().key});
    theirs->second.pop_front();
    if (theirs->second.empty()) by_breaker_.erase(theirs);
    all_.pop_front();
}

std::vector<breaker_transition> transition_shelf::of(const town_id& town,
                                                     const std::string& key) const {
    std::vector<breaker_transition> out;
    const auto found = by_breaker_.find({town, key});
    if (found == by_breaker_.end()) return out;
    for (auto at = found->second.rbegin(); at != found->second.rend(); ++at)
        out.push_back(**at);
    return out;
}

}  // namespace townd::engine
