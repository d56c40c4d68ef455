#pragma once
// Where time comes from. The daemon's is sys/system_clock; the simulated world has its own.

#include "townd/words/time.hpp"

namespace townd {

class clock_port {
public:
    virtual ~clock_port() = default;
    /// The moment now, never going back. Any thread.
    [[nodiscard]] virtual instant now() const noexcept = 0;
    /// Seconds since the Unix epoch by the wall clock as it stands: for tokens' `exp` only.
    [[nodiscard]] virtual std::int64_t wall_seconds() const noexcept = 0;
};

}  // namespace townd
