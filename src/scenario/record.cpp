#include "scenario/record.hpp"

#include <cmath>

namespace townd::scenario {
namespace {

const double step = std::log(1.01);

}  // namespace

std::uint64_t sum(const by_role& counts) noexcept {
    std::uint64_t out = 0;
    for (const auto c : counts)
        out += c;
    return out;
}

void tally::add(const tally& more) noexcept {
    for (std::size_t r = 0; r < agent_role_count; ++r) {
        attempts[r] += more.attempts[r];
        ok[r] += more.ok[r];
        failed[r] += more.failed[r];
        unknown[r] += more.unknown[r];
        neutral[r] += more.neutral[r];
        suppressed[r] += more.suppressed[r];
    }
}

void span_counts::add(duration span) {
    const double ms = static_cast<double>(std::max(span.count(), duration::rep{0}));
    const auto at = static_cast<std::size_t>(std::log1p(ms) / step);
    if (at >= counts_.size()) counts_.resize(at + 1);
    ++counts_[at];
    ++count_;
}

std::optional<duration> span_counts::quantile(double share) const {
    if (count_ == 0) return std::nullopt;
    const auto rank =
        static_cast<std::uint64_t>(std::max(1.0, std::ceil(share * static_cast<double>(count_))));
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < counts_.size(); ++i) {
        seen += counts_[i];
        if (seen < rank) continue;
        const double upper = std::expm1(static_cast<double>(i + 1) * step);
        return duration{static_cast<duration::rep>(upper)};
    }
    return std::nullopt;
}

}  // namespace townd::scenario
