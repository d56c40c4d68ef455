#include "sys/limits.hpp"

#include <sys/resource.h>

#include <algorithm>

namespace townd::sys {

std::uint64_t raise_file_limit() noexcept {
    constexpr rlim_t enough = 1'048'576;
    constexpr std::uint64_t posix_least = 20;
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return posix_least;
    rlimit wanted = limit;
    wanted.rlim_cur = std::min(limit.rlim_max, enough);  // RLIM_INFINITY is the largest value.
    if (wanted.rlim_cur > limit.rlim_cur && ::setrlimit(RLIMIT_NOFILE, &wanted) == 0)
        limit = wanted;
    return std::min(limit.rlim_cur, enough);
}

}  // namespace townd::sys
