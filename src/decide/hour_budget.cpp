#include "townd/decide/hour_budget.hpp"

#include <algorithm>
#include <charconv>
#include <limits>

namespace townd {
namespace {

constexpr std::int64_t minute_ms = 60'000;

std::int64_t minute_of(instant at) noexcept {
    return unix_ms(at) / minute_ms;
}

}  // namespace

int hour_count::at(std::int64_t minute) const noexcept {
    const auto age = minute_ - minute;
    if (age < 0 || age >= slices) return 0;
    return counts_[static_cast<std::size_t>(minute % slices)];
}

void hour_count::add(instant when) noexcept {
    const std::int64_t minute = std::max(minute_of(when), minute_);
    if (minute - minute_ >= slices) {
        counts_.fill(0);
    } else {
        for (auto m = minute_ + 1; m <= minute; ++m)
            counts_[static_cast<std::size_t>(m % slices)] = 0;
    }
    minute_ = minute;
    auto& slice = counts_[static_cast<std::size_t>(minute % slices)];
    if (slice < std::numeric_limits<std::uint16_t>::max()) ++slice;
}

int hour_count::within_hour(instant now) const noexcept {
    const auto newest = minute_of(now);
    int sum = 0;
    for (auto m = newest - (slices - 1); m <= newest; ++m)
        sum += at(m);
    return sum;
}

instant hour_count::below(int limit, instant now) const noexcept {
    const auto newest = minute_of(now);
    int sum = within_hour(now);
    if (sum < limit) return now;
    for (auto oldest = newest - (slices - 1); oldest <= newest; ++oldest) {
        sum -= at(oldest);
        if (sum < limit) return from_unix_ms((oldest + slices) * minute_ms);
    }
    return from_unix_ms((newest + slices) * minute_ms);
}

std::string hour_count::saved() const {
    std::string out = std::to_string(minute_);
    for (auto m = minute_ - (slices - 1); m <= minute_; ++m)
        if (const int n = at(m); n > 0)
            out += " " + std::to_string(minute_ - m) + ":" + std::to_string(n);
    return out;
}

hour_count hour_count::restored(std::string_view text, instant now) {
    const char* p = text.data();
    const char* const end = p + text.size();
    const auto number = [&](auto& into) {
        const auto [next, bad] = std::from_chars(p, end, into);
        if (bad != std::errc{}) return false;
        p = next;
        return true;
    };
    hour_count out;
    std::int64_t minute = 0;
    if (!number(minute) || minute < 0) return out;
    // A clock that was ahead when it was written must not make the hour longer.
    out.minute_ = std::min(minute, minute_of(now));
    while (p != end && *p == ' ') {
        ++p;
        int age = 0;
        std::uint16_t n = 0;
        if (!number(age) || p == end || *p++ != ':' || !number(n)) return out;
        const auto m = out.minute_ - age;
        if (age >= 0 && age < slices && m >= 0)
            out.counts_[static_cast<std::size_t>(m % slices)] = n;
    }
    return out;
}

}  // namespace townd
