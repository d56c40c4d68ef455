#pragma once
// How townd ends, by sysexits(3) where one fits.

namespace townd::app {

inline constexpr int exit_ok = 0;
inline constexpr int exit_failed = 1;
inline constexpr int exit_usage = 64;        ///< EX_USAGE
inline constexpr int exit_unavailable = 69;  ///< EX_UNAVAILABLE: daemon not reachable, port busy.
inline constexpr int exit_locked = 75;       ///< EX_TEMPFAIL: another daemon holds the directory.
inline constexpr int exit_config = 78;       ///< EX_CONFIG

}  // namespace townd::app
