#pragma once
// gzip (RFC 1952) of answers, for callers that take it.

#include <string>
#include <string_view>

#include "http/message.hpp"

namespace townd::http {

/// Whether the request's Accept-Encoding takes gzip: named, or `*`, and not with q=0.
[[nodiscard]] bool takes_gzip(const request& call);
/// Empty when memory ran out.
[[nodiscard]] std::string gzip(std::string_view plain);
/// Compresses the body when the caller takes it and it is worth it; says so in the headers.
void compress(const request& call, response& answer);

}  // namespace townd::http
