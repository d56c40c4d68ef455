#pragma once
// The router of this face: what the table of routes says is checked before a handler runs.

#include <string_view>

#include "debug/face.hpp"
#include "debug/route_table.hpp"

namespace townd::debug {

/// Routes of `/debug/v1` get what all of them share: a check of `Accept` (406) and of the query
/// (400), and for those read from published summaries an ETag with 304. Others pass as they are.
class route_book {
public:
    route_book(http::router& to, shared_face f) : to_(to), face_(std::move(f)) {}
    void add(std::string_view method, std::string_view pattern, http::handler serve);

private:
    http::router& to_;
    shared_face face_;
};

/// Changes whenever an answer from published summaries may: a weak tag of the generation, the
/// orders in force, the open outages, the minute (ages are in the answers) and the target.
[[nodiscard]] std::string tag_of(const face& f, const http::request& call);

}  // namespace townd::debug
