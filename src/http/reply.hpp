#pragma once
// A response as bytes.

#include <string>
#include <string_view>

#include "http/message.hpp"

namespace townd::http {

/// The status line and the fields, with the blank line. Adds Server, Content-Length (of the body
/// even when HEAD leaves it out; none on 204 and 304, which have no body), X-Content-Type-Options,
/// and Cache-Control unless the handler set one. Framing fields and fields that hold control
/// characters are left out; a status outside 200..599 is sent as 500.
[[nodiscard]] std::string head_bytes(const response& answer, bool keep_alive);

/// Whether a response of this status has a body at all.
[[nodiscard]] bool has_body(int status) noexcept;

/// `{"success":false,"error":…}`.
[[nodiscard]] response error_response(int status, std::string_view why);

}  // namespace townd::http
