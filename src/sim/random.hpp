#pragma once
// The one source of chance in a simulated world: equal seeds give equal numbers on every platform.
// (The distributions of the standard library differ between its implementations.)

#include <array>
#include <cmath>
#include <cstdint>

#include "townd/words/time.hpp"

namespace townd::sim {

/// Spreads a seed: neighbours give unlike streams (splitmix64).
[[nodiscard]] constexpr std::uint64_t spread(std::uint64_t& state) noexcept {
    std::uint64_t z = (state += 0x9E3779B97F4A7C15ULL);
    z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27U)) * 0x94D049BB133111EBULL;
    return z ^ (z >> 31U);
}

/// xoshiro256**. Not thread-safe.
class random {
public:
    explicit random(std::uint64_t seed) noexcept {
        for (auto& word : state_)
            word = spread(seed);
    }
    [[nodiscard]] std::uint64_t next() noexcept {
        const auto turn = [](std::uint64_t x, unsigned by) {
            return (x << by) | (x >> (64U - by));
        };
        const std::uint64_t out = turn(state_[1] * 5, 7) * 9;
        const std::uint64_t mixed = state_[1] << 17U;
        state_[2] ^= state_[0];
        state_[3] ^= state_[1];
        state_[1] ^= state_[2];
        state_[0] ^= state_[3];
        state_[2] ^= mixed;
        state_[3] = turn(state_[3], 45);
        return out;
    }
    /// [0, 1).
    [[nodiscard]] double draw() noexcept {
        return static_cast<double>(next() >> 11U) / static_cast<double>(1ULL << 53U);
    }
    [[nodiscard]] bool chance(double p) noexcept { return p > 0.0 && draw() < p; }
    /// 0..n-1; `n` above 0.
    [[nodiscard]] std::size_t below(std::size_t n) noexcept {
        return static_cast<std::size_t>(next() % n);
    }
    /// first..last.
    [[nodiscard]] int between(int first, int last) noexcept {
        return first + static_cast<int>(below(static_cast<std::size_t>(last - first) + 1));
    }
    [[nodiscard]] duration between(duration first, duration last) noexcept {
        if (last <= first) return first;
        const auto span = static_cast<std::uint64_t>((last - first).count()) + 1;
        return first + duration{static_cast<std::int64_t>(next() % span)};
    }
    /// Time until the next of events that come `per_hour` times an hour on average; at least 1 ms.
    [[nodiscard]] duration until_next(double per_hour) noexcept {
        const double hours = -std::log(1.0 - draw()) / per_hour;
        const double ms = std::fmin(hours * 3'600'000.0, 1e12);
        return duration{1 + static_cast<std::int64_t>(ms)};
    }
    /// A stream of its own, for a part whose numbers must not depend on the others'.
    [[nodiscard]] random split() noexcept { return random{next()}; }

private:
    std::array<std::uint64_t, 4> state_{};
};

}  // namespace townd::sim
