#pragma once
// All that can be read, in one file for whoever is asked for help.

#include "debug/route_book.hpp"

namespace townd::debug {

inline constexpr std::size_t bundle_bytes_max = 8 * 1024 * 1024;  ///< Before compression.
inline constexpr std::size_t bundle_part_bytes_max = 1024 * 1024;

/// Asks `router` itself, one route after the other. One bundle is made at a time.
[[nodiscard]] http::handler make_bundle(const http::router& router, const shared_face& f);

}  // namespace townd::debug
