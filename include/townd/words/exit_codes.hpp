#pragma once
// How townd and townctl end, by sysexits(3) where one fits.

namespace townd {

inline constexpr int exit_ok = 0;
inline constexpr int exit_failed = 1;  ///< It ran, but the answer is bad; or it could not be done.
inline constexpr int exit_would_change = 2;  ///< A dry run or a comparison found something.
inline constexpr int exit_not_found = 3;
inline constexpr int exit_timed_out = 4;       ///< A wait was over before its condition held.
inline constexpr int exit_precondition = 5;    ///< Against the present state, or another count.
inline constexpr int exit_usage = 64;          ///< EX_USAGE
inline constexpr int exit_unavailable = 69;    ///< EX_UNAVAILABLE: daemon not reachable, port busy.
inline constexpr int exit_locked = 75;         ///< EX_TEMPFAIL: another daemon holds the directory.
inline constexpr int exit_not_permitted = 77;  ///< EX_NOPERM
inline constexpr int exit_config = 78;         ///< EX_CONFIG
inline constexpr int exit_interrupted = 130;   ///< 128 and SIGINT.

}  // namespace townd
