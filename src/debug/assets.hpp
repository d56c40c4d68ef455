#pragma once
// What pages load: style, scripts, the chart library with its licence. All in the program.

#include <string>
#include <string_view>
#include <vector>

#include "http/message.hpp"

namespace townd::debug {

struct asset {
    std::string_view name;
    std::string_view text;
};
/// Sorted by name.
[[nodiscard]] const std::vector<asset>& shipped_assets();

/// `/debug/assets/<hash>/`: the hash is of all of them, so that what is under it never changes.
[[nodiscard]] const std::string& assets_path();

/// Answers `/debug/assets/:hash/:file`; 404 for another hash or name.
[[nodiscard]] http::response asset_answer(const http::request& call);

}  // namespace townd::debug
