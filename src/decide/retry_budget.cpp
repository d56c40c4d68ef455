#include "townd/decide/retry_budget.hpp"

#include <algorithm>

namespace townd {
namespace {

constexpr std::size_t log_max = 50'000;
constexpr std::size_t spent_max = 2'000;
constexpr int many_firsts = 20;
constexpr int overdraft = 20;  // Failures without leave used it up: somebody is tried all the same.
constexpr int scarce = 20;
constexpr duration kept_pace{150'000};  // What is kept for probes allows one in so long.
constexpr int town_first_hour = 16;
constexpr int town_later_hour = 12;

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
    const auto known = towns_.find(town);
    const bool quiet = known == towns_.end();
    // One of many that wait is tried less than once an hour: that does not begin its trouble.
    log({now, town, quiet && !lent, session && (quiet || began < known->second.first)});
}

void retry_budget::log(entry what) {
    town_row& row = towns_[what.town];
    if (row.count == 0) row.first = what.at;
    ++row.count;
    row.last = what.at;
    if (what.first) ++firsts_;
    if (what.ran) ++ran_;
    log_.push_back(std::move(what));
}

std::vector<retry_budget::entry> retry_budget::spent() const {
    const std::size_t many = std::min(log_.size(), spent_max);
    return {log_.end() - static_cast<std::ptrdiff_t>(many), log_.end()};
}

void retry_budget::restore(const std::vector<entry>& spent, instant now) {
    for (const auto& each : spent)
        if (each.at <= now && now - each.at < retry_window &&
            (log_.empty() || each.at >= log_.back().at))
            log(each);
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
    // The last few last until the first failure leaves the hour: with none left nobody is tried.
    if (left <= 0) return std::max(even, policy.max / 2);
    if (left <= scarce) return std::max(even, until_expiry(now) / left);
    if (causes <= 1) return even;
    const bool begins = firsts_ > many_firsts && !log_.empty();
    const duration lasts = begins ? log_.front().at + retry_window - now : duration{1'200'000};
    return std::clamp(lasts / left, even / causes, even);
}

duration retry_budget::until_expiry(instant now) const noexcept {
    return log_.empty() ? duration{0} : std::max(duration{0}, next_expiry() - now);
}

int retry_budget::kept(instant now) const noexcept {
    return std::clamp(static_cast<int>(until_expiry(now) / kept_pace), 2, scarce);
}

bool retry_budget::may_try(int out, int causes, instant now, const retry_policy& policy) {
    const int room = left(out, now, policy);
    const duration every = step(room, causes, now, policy);
    if (filled_at_ == instant{}) filled_at_ = now;
    const double gained = to_seconds(now - filled_at_) / std::max(0.001, to_seconds(every));
    tokens_ = std::min(static_cast<double>(policy.burst), tokens_ + std::max(0.0, gained));
    filled_at_ = now;
    if (room <= -overdraft) {
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

bool retry_budget::town_may_try(const town_id& town, instant now, int kept) const {
    const auto found = towns_.find(town);
    if (found == towns_.end()) return true;
    const bool begins = now - found->second.first < retry_window;
    return found->second.count + kept < (begins ? town_first_hour : town_later_hour);
}

instant retry_budget::next_expiry() const noexcept {
    return log_.empty() ? never : log_.front().at + retry_window;
}

}  // namespace townd
