#pragma once
// What every request to this face must pass before its route is looked for, so that no route can
// forget it: credentials over TCP, and nothing that a page of another site made a browser send.

#include <optional>

#include "debug/face.hpp"

namespace townd::debug {

/// The refusal, or nothing. Any thread.
///
/// - GET and HEAD over TCP need the read or the write token when a read token is configured: as a
///   bearer, or as the password of Basic, which browsers ask for. /livez and /readyz are open.
/// - Every other method needs Content-Type application/json and no trace of a web page (Origin,
///   Sec-Fetch-Site), and over TCP the write token as a bearer; Basic would be sent by a browser on
///   its own. A dry run changes nothing: it needs what a read needs.
///
/// No token is taken from the query: those end up in histories and logs.
[[nodiscard]] std::optional<http::response> turned_away(const face& f, const http::request& call);

}  // namespace townd::debug
