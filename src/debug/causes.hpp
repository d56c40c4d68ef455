#pragma once
// Failures by cause: what towns keep of them, with what was seen of them lately.

#include "debug/overview.hpp"
#include "debug/replies.hpp"

namespace townd::debug {

/// A cause; `last_hour`, `towns_last_hour` and `by_minute` are null without a history of it.
[[nodiscard]] json error_record(const face& f, const fleet_error& e, instant now);
/// By fingerprint, code, role or town.
[[nodiscard]] result<json> error_list(const face& f, const http::request& call);
/// One cause: samples in full, the first attempt, by minute, and the towns, paged.
[[nodiscard]] result<json> error_detail(const face& f, const http::request& call);
/// An attempt that is kept as the sample of a cause, in whatever town.
[[nodiscard]] std::optional<json> sampled_attempt(const face& f, const dispatch_id& id);

}  // namespace townd::debug
