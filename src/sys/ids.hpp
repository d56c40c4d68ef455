#pragma once
// Randomness of the process. Decisions take theirs as arguments; these are where it comes from.

#include <cstddef>
#include <string>

namespace townd::sys {

/// A random (version 4) UUID in lower case, from the system's generator. Any thread.
[[nodiscard]] std::string random_uuid();

/// `bytes` random bytes as 2 * bytes lower-case hex digits, from the system's generator: fit for
/// tokens. Any thread.
[[nodiscard]] std::string random_hex(std::size_t bytes);

/// Evenly spread in [0, 1), for jitter; not for secrets. Any thread.
[[nodiscard]] double random_unit();

}  // namespace townd::sys
