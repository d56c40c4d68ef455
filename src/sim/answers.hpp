#pragma once
// What a container's answers look like to the daemon's client, so that the real reader reads them.

#include <string>
#include <string_view>

#include "townd/port/container.hpp"

namespace townd::sim {

[[nodiscard]] http_answer answered(int status, std::string body);
[[nodiscard]] http_answer html(int status);
/// The exchange failed. `sent`: the request was.
[[nodiscard]] http_answer failed(error_code code, error_phase phase, bool sent,
                                 std::string_view words);
[[nodiscard]] http_answer timed_out();
[[nodiscard]] http_answer was_reset();
[[nodiscard]] http_answer refused();
[[nodiscard]] http_answer started(const std::string& agent);
[[nodiscard]] http_answer already_running(const std::string& agent);

/// The text after `"key":"` in a JSON object whose texts hold no escapes there; empty if none.
[[nodiscard]] std::string_view text_in(std::string_view json, std::string_view key) noexcept;
[[nodiscard]] std::int64_t number_in(std::string_view json, std::string_view key) noexcept;
[[nodiscard]] std::string_view header_of(const http_call& call, std::string_view name) noexcept;

}  // namespace townd::sim
