#pragma once
// What watches watch: liveness, readiness, metrics, version.

#include "debug/replies.hpp"

namespace townd::debug {

/// 503 when ticks stopped: the newest finished one is older than five intervals (30 s at least) and
/// some town waits for one just as long. Idle towns tick seldom; that alone is no death.
[[nodiscard]] http::response livez(const face& f);
/// 200 once every town was ticked and all else is ready, until the daemon stops.
[[nodiscard]] http::response readyz(const face& f, const http::request& call);
[[nodiscard]] http::response metrics(const face& f, const http::request& call);
[[nodiscard]] http::response version(const face& f);

}  // namespace townd::debug
