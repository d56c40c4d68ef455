#pragma once
// The page around a page's content: head, banner, navigation with the state of things, footer.

#include <string>

#include "debug/face.hpp"
#include "debug/html.hpp"

namespace townd::debug {

struct frame {
    std::string title;
    std::string here;         ///< Address of the navigation's entry that this page belongs to.
    std::string json_link;    ///< The same for programs; already URL-encoded. Empty: none.
    int refresh_seconds = 0;  ///< For browsers without scripts; 0: the page stays as it is.
    int rest_ms = 3000;       ///< Least time between two refreshes by script.
    bool has_chart = false;
};
/// The whole page around `body`.
[[nodiscard]] std::string framed(const face& f, const frame& around, markup body);

/// `?refresh=SECONDS`, else `usual`; 0 holds the page still.
[[nodiscard]] int refresh_of(const http::request& call, int usual);

}  // namespace townd::debug
