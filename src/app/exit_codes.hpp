#pragma once
// How townd ends, by sysexits(3) where one fits.

namespace townd::app {

inline constexpr int exit_ok = 0;
inline constexpr int exit_failed = 1;
inline constexpr int exit_would_change = 2;  ///< A dry run found something to change.
inline constexpr int exit_not_found = 3;
inline constexpr int exit_precondition = 5;    ///< Against the present state, or another count.
inline constexpr int exit_usage = 64;          ///< EX_USAGE
inline constexpr int exit_unavailable = 69;    ///< EX_UNAVAILABLE: daemon not reachable, port busy.
inline constexpr int exit_locked = 75;         ///< EX_TEMPFAIL: another daemon holds the directory.
inline constexpr int exit_not_permitted = 77;  ///< EX_NOPERM
inline constexpr int exit_config = 78;         ///< EX_CONFIG

}  // namespace townd::app
