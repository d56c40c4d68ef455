#pragma once
// What the system lets this process have.

#include <cstdint>

namespace townd::sys {

/// Raises the soft limit of open files to the hard one and answers what holds now; an unlimited one
/// as 1,048,576. The configured limit can be cut down without a word (a unit's LimitNOFILE= above
/// the host's), so every bound on descriptors derives from this answer. Never fails: without the
/// right to raise it, the answer is the present limit.
[[nodiscard]] std::uint64_t raise_file_limit() noexcept;

}  // namespace townd::sys
