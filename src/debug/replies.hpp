#pragma once
// The forms that answers take: JSON, problems (RFC 9457), pages of lists, HTML; and the headers
// that all of them carry.

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "debug/face.hpp"

namespace townd::debug {

/// Error messages come from containers: a page runs and loads only what this program ships.
/// Headers that are set already stay.
[[nodiscard]] http::response secured(http::response answer);
/// A handler whose every answer is `secured`.
[[nodiscard]] http::handler guard(http::handler serve);

[[nodiscard]] http::response problem(const http::request& call, int status, std::string_view code,
                                     std::string_view detail);
[[nodiscard]] http::response problem(const http::request& call, const failure& why);
[[nodiscard]] http::response html(std::string body);

enum class form : std::uint8_t { html, json, text };
/// `?format=` decides, else `Accept`, else `usual`.
[[nodiscard]] form form_of(const http::request& call, form usual);

/// Which part of a list is asked for.
struct page_request {
    int limit = 100;     ///< 1..1000.
    std::string cursor;  ///< Empty: from the start.
};
inline constexpr int page_limit_max = 1000;
[[nodiscard]] result<page_request> page_of(const http::request& call);
/// A cursor that counts items from the start; `invalid` when it is not one.
[[nodiscard]] result<int> offset_of(const page_request& page);

struct list_part {
    json items = json::array();
    std::optional<std::string> next_cursor;
    std::optional<std::int64_t> total;  ///< Empty: not counted.
};
/// The envelope of every list: items, page, as_of, generation.
[[nodiscard]] json envelope(const face& f, const page_request& page, list_part part);

/// Userinfo in an address may be a password.
[[nodiscard]] std::string without_userinfo(std::string value);
/// Text of the query parameter; empty and absent are the same.
[[nodiscard]] std::string asked(const http::request& call, std::string_view name);
/// Whether `value` is in the comma list `wanted`; an empty list takes all.
[[nodiscard]] bool selected(std::string_view wanted, std::string_view value);

/// Reads the town and answers with what `show` makes of it; a failure becomes a problem.
void read_town(const shared_face& f, http::request call, http::responder reply, const town_id& town,
               engine::town_work work,
               std::function<http::response(const http::request&, const json&)> show);

}  // namespace townd::debug
