#pragma once
// A letter as callers write it.

#include "api/fields.hpp"
#include "town/mail.hpp"

namespace townd::api {

/// Reads `to_agent_id`, `subject`, `body` and, when it is there, `from_agent_id`.
[[nodiscard]] town::letter read_letter(fields& in);
/// Sends it and answers it as it was sent. `overloaded` when the addressee's box is full.
[[nodiscard]] result<json> posted(town::context& ctx, const town::letter& wanted);

}  // namespace townd::api
