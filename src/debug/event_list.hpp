#pragma once
// The fleet's events as JSON and as a list.

#include "debug/replies.hpp"

namespace townd::debug {

/// Every field is there; null: does not apply.
[[nodiscard]] json fleet_event_json(const engine::fleet_event& e);

/// What `?type=`, `town`, `severity` and `after` ask for; `invalid` names what is wrong.
[[nodiscard]] result<engine::event_query> event_query_of(const http::request& call);

/// The newest first; with `?after=SEQ` the oldest first.
[[nodiscard]] http::response event_list(const face& f, const http::request& call);

}  // namespace townd::debug
