#include "townd/decide/retry_budget.hpp"

#include <algorithm>

namespace townd {
namespace {

constexpr std::size_t log_max = 50'000;
constexpr int many_firsts = 20;
constexpr int scarce = 20;
constexpr int reserve = 8;
// A town may cost 16 in its first hour and 12 in later ones; two of them are left to what nobody
// can know before: the first failure of a place that was well.
constexpr int town_first_hour = 14;
constexpr int town_later_hour = 10;

}  // namespace

void retry_budget::expire(instant now) {
    while (!log_.empty() && (now - log_.front().at >= retry_window || log_.size() > log_max)) {
        const entry& gone = log_.front();
        if (gone.first) --firsts_;
        if (gone.ran) --ran_;
        const auto found = towns_.find(gone.town);
        if (found != towns_.end() && --found->second.count <= 0) towns_.erase(found);
        log_.pop_front();
    }
}

void retry_budget::failed(const town_id& town, instant began, instant now, bool lent,
                          bool session) {
    expire(now);
    town_row& row = towns_[town];
    // One of many that wait is tried less than once an hour: that does not begin its trouble.
    entry what{now, town, row.count == 0 && !lent,
               session && (row.count == 0 || began < row.first)};
    if (row.count == 0) row.first = now;
    ++row.count;
    row.last = now;
    if (what.first) ++firsts_;
    if (what.ran) ++ran_;
    log_.push_back(std::move(what));
}

void retry_budget::forget(const town_id& town) {
    // What it cost stays counted; the town itself has no bound any more.
    if (const auto found = towns_.find(town); found != towns_.end()) found->second.last = instant{};
}

int retry_budget::left(int out, instant now, const retry_policy& policy) {
    expire(now);
    // Starts cost a town one before it is known, sessions as many as ran.
    return std::max(static_cast<int>(towns_.size()), ran_) + policy.per_hour -
           static_cast<int>(log_.size()) - out;
}

// The time between two tries: the even pace while there is room, more causes than one side by side
// when more is left than one needs, and ever slower when little is left, so that it lasts.
duration retry_budget::step(int left, int causes, instant now, const retry_policy& policy) {
    // One less, so that no hour holds one more at its two ends.
    const duration even = retry_window / std::max(1, policy.per_hour - 1);
    if (left < scarce) {
        // The last few last until the first failure leaves the hour: none left is nobody tried.
        const instant ends = next_expiry();
        const duration lasts = ends == never ? duration{0} : std::max(duration{0}, ends - now);
        const duration spread = left <= reserve ? lasts / std::max(1, left) : duration{0};
        return std::max({even, policy.max / std::max(1, left), spread});
    }
    if (causes <= 1) return even;
    const bool begins = firsts_ > many_firsts && !log_.empty();
    const duration lasts = begins ? log_.front().at + retry_window - now : duration{1'200'000};
    return std::clamp(lasts / left, even / causes, even);
}

bool retry_budget::may_try(int out, int causes, instant now, const retry_policy& policy) {
    const int room = left(out, now, policy);
    const duration every = step(room, causes, now, policy);
    if (filled_at_ == instant{}) filled_at_ = now;
    const double gained = to_seconds(now - filled_at_) / std::max(0.001, to_seconds(every));
    tokens_ = std::min(static_cast<double>(policy.burst), tokens_ + std::max(0.0, gained));
    filled_at_ = now;
    if (room <= 0) {
        next_token_ = std::max(next_expiry(), now + duration{1'000});
        return false;
    }
    if (tokens_ >= 0.999) return true;
    const double missing = (1.0 - tokens_) * static_cast<double>(every.count());
    next_token_ = now + std::max(duration{1}, duration{static_cast<std::int64_t>(missing) + 1});
    return false;
}

void retry_budget::take(instant) {
    tokens_ -= 1.0;
}

void retry_budget::give_back(const retry_policy& policy) {
    tokens_ = std::min(static_cast<double>(policy.burst), tokens_ + 1.0);
}

int retry_budget::of(const town_id& town) const {
    const auto found = towns_.find(town);
    return found == towns_.end() ? 0 : found->second.count;
}

instant retry_budget::last_of(const town_id& town) const {
    const auto found = towns_.find(town);
    return found == towns_.end() ? instant{} : found->second.last;
}

bool retry_budget::town_may_try(const town_id& town, instant now) const {
    const auto found = towns_.find(town);
    if (found == towns_.end()) return true;
    const bool begins = now - found->second.first < retry_window;
    return found->second.count < (begins ? town_first_hour : town_later_hour);
}

instant retry_budget::next_expiry() const noexcept {
    return log_.empty() ? never : log_.front().at + retry_window;
}

}  // namespace townd
