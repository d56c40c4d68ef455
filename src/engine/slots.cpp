#include "engine/slots.hpp"

#include <algorithm>
#include <numeric>

namespace townd::engine {
namespace {

constexpr int turn_usual = 16;
constexpr duration probe_goes_first{2'000};
constexpr duration held_for{5'000};

std::size_t index_of(start_class as) {
    return static_cast<std::size_t>(as);
}

double burst_of(int per_second) {
    return std::max(1.0, per_second * 0.1);
}

// Turns that are left to others: a thousand hung towns whose deadlines end together must not take
// those of the ones that are well.
double kept_from(start_class as, int per_second) {
    const double burst = burst_of(per_second);
    return as == start_class::unproved && burst >= 4.0 ? burst / 4 : 0.0;
}

// What finds out whether a fault is over, and what follows from it, goes before other starts.
bool goes_first(start_class as) {
    return as == start_class::failing || as == start_class::healing;
}

}  // namespace

void slots::set_limit(int limit, int per_second) {
    const std::scoped_lock lock(mutex_);
    limit_ = limit;
    if (per_second_ == per_second) return;
    per_second_ = per_second;
    tokens_ = 1.0;
}

// In any one second at most the bucket and its refill are used: together the promised pace.
void slots::refill(instant now) {
    const double burst = burst_of(per_second_);
    const double rate = std::max(0.5, per_second_ - burst);
    const double seconds = std::max(0.0, to_seconds(now - refilled_at_));
    tokens_ = std::min(burst, tokens_ + seconds * rate);
    refilled_at_ = std::max(refilled_at_, now);
}

int slots::room(start_class as) const {
    const auto taken = [this](start_class by) {
        return used_[index_of(by)] + held_by_class_[index_of(by)];
    };
    const int failing = taken(start_class::failing);
    const int sick = taken(start_class::unproved) + failing + taken(start_class::healing);
    int left = limit_ - taken(start_class::proved) - sick;
    if (as != start_class::proved) left = std::min(left, std::max(1, limit_ / 2) - sick);
    if (as == start_class::failing) left = std::min(left, std::max(1, limit_ / 10) - failing);
    return std::max(0, left);
}

void slots::let_go(std::map<town_id, hold>::iterator of) {
    --held_by_class_[index_of(of->second.as)];
    held_.erase(of);
}

// A town that was woken and never asked, because it was closed or deleted, holds nothing for long.
void slots::see(instant now) {
    seen_ = std::max(seen_, now);
    for (auto it = held_.begin(); it != held_.end();) {
        const auto one = it++;
        if (one->second.until <= seen_) let_go(one);
    }
}

int slots::reserve(const town_id& town, int wanted, start_class as, instant now) {
    const std::scoped_lock lock(mutex_);
    see(now);
    if (const auto mine = held_.find(town); mine != held_.end()) let_go(mine);
    int given = std::clamp(wanted, 0, room(as));
    if (per_second_ > 0) {
        refill(now);
        const bool behind = !goes_first(as) && now < failing_asked_ + probe_goes_first;
        const double kept = kept_from(as, per_second_);
        const int turns = std::max(0, static_cast<int>(tokens_ - kept) - (behind ? 1 : 0));
        given = std::min(given, turns);
        if (goes_first(as) && given > 0) failing_asked_ = instant{};
        tokens_ -= given;
    }
    used_[index_of(as)] += given;
    return given;
}

void slots::give_back(int count, start_class as) {
    int& used = used_[index_of(as)];
    used = std::max(0, used - count);
}

void slots::unused(int count, start_class as) {
    if (count <= 0) return;
    std::vector<town_id> due;
    {
        const std::scoped_lock lock(mutex_);
        tokens_ += count;
        give_back(count, as);
        due = next_in_line();
    }
    wake(due);
}

void slots::release(int count, start_class as) {
    std::vector<town_id> due;
    {
        const std::scoped_lock lock(mutex_);
        give_back(count, as);
        due = next_in_line();
    }
    wake(due);
}

std::vector<town_id> slots::next_in_line() {
    std::vector<town_id> due;
    for (const auto as :
         {start_class::failing, start_class::healing, start_class::proved, start_class::unproved}) {
        line& those = waiting_[index_of(as)];
        while (!those.towns.empty() && room(as) > 0) {
            due.push_back(std::move(those.towns.front()));
            those.towns.pop_front();
            those.is_in.erase(due.back());
            if (held_.emplace(due.back(), hold{as, seen_ + held_for}).second)
                ++held_by_class_[index_of(as)];
        }
    }
    return due;
}

void slots::wake(const std::vector<town_id>& due) {
    for (const auto& town : due)
        wake_(town);
}

instant slots::wait(const town_id& town, start_class as, instant now) {
    {
        const std::scoped_lock lock(mutex_);
        see(now);
        // A slot that came free since the town asked would wake nobody any more.
        if (room(as) <= 0) {
            line& those = waiting_[index_of(as)];
            if (those.is_in.insert(town).second) those.towns.push_back(town);
            return held_.empty() ? never : now + held_for;
        }
        const double kept = kept_from(as, per_second_);
        if (per_second_ > 0 && tokens_ < 2.0 + kept) {
            if (goes_first(as)) failing_asked_ = now;
            // Each in turn: the next moment that nobody was promised.
            instant& promised = promised_until_[index_of(as)];
            promised = std::max(promised, now) + duration{std::max(1, 1'000 / per_second_)};
            return promised;
        }
    }
    wake_(town);
    return never;
}

int slots::used() const {
    const std::scoped_lock lock(mutex_);
    return std::accumulate(used_.begin(), used_.end(), 0);
}

int slots::limit() const {
    const std::scoped_lock lock(mutex_);
    return limit_;
}

int slots::share() const {
    const std::scoped_lock lock(mutex_);
    const int taken = std::accumulate(used_.begin(), used_.end(), 0) +
                      std::accumulate(held_by_class_.begin(), held_by_class_.end(), 0);
    return std::max(std::clamp(limit_ / 8, 1, turn_usual), (limit_ - taken) / 8);
}

}  // namespace townd::engine
