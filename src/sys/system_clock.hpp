#pragma once
// The daemon's clock: the wall clock once, at construction, and a steady one from then on.

#include "townd/port/clock.hpp"

namespace townd::sys {

/// Make one, early in `main`, and hand it down. Any thread may ask it.
class system_clock final : public clock_port {
public:
    system_clock() noexcept;
    /// Wall clock at construction plus what a steady clock has counted since: steps of the wall
    /// clock (NTP, an operator) move nothing.
    [[nodiscard]] instant now() const noexcept override;
    [[nodiscard]] std::int64_t wall_seconds() const noexcept override;

private:
    std::int64_t wall_ms_at_start_;
    std::int64_t steady_ms_at_start_;
};

/// The wall clock as it stands, for display and log lines only.
[[nodiscard]] instant wall_now() noexcept;

/// Microseconds on CLOCK_MONOTONIC, as systemd counts them.
[[nodiscard]] std::uint64_t monotonic_us() noexcept;

/// When the machine started, in Unix seconds, by the wall clock as it stands. Not from /proc/stat:
/// a service with ProcSubset=pid has none.
[[nodiscard]] double boot_seconds() noexcept;

}  // namespace townd::sys
