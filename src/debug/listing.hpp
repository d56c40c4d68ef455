#pragma once
// Lists on pages: filters in the address, a form for them, one page at a time.

#include <initializer_list>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "debug/html.hpp"
#include "http/message.hpp"

namespace townd::debug {

/// A page's address with the filters that are set in it: what is on the screen can be sent to
/// someone as a link.
class address {
public:
    /// Takes `names` from the query, each cut to 200 bytes; the rest of the query is dropped.
    address(std::string path, const http::request& call,
            std::initializer_list<std::string_view> names);

    /// What `name` is set to; empty when it is not.
    [[nodiscard]] std::string operator[](std::string_view name) const;
    /// The address with some filters set anew; an empty value drops one. The place in the list is
    /// dropped unless it is set here. URL-encoded, not escaped.
    [[nodiscard]] std::string with(
        std::initializer_list<std::pair<std::string_view, std::string_view>> changes) const;

private:
    std::string path_;
    std::map<std::string, std::string, std::less<>> set_;
};

/// A link to `to`, which `markup::text` escapes.
void link(markup& out, const std::string& to, std::string_view words);

/// The part of a list that is shown: `?from=` and `?limit=`, bounded by what there is.
struct list_window {
    std::size_t from = 0;
    std::size_t end = 0;
    std::size_t limit = 100;  ///< 1..500.
    std::size_t total = 0;
};
[[nodiscard]] list_window window_of(const http::request& call, std::size_t total);
/// Whole number of the query, or `usual` when it is none or outside of the range.
[[nodiscard]] std::int64_t number_asked(const http::request& call, std::string_view name,
                                        std::int64_t usual, std::int64_t min, std::int64_t max);

/// `1 to 100 of 1 234`, with links to what is before and after.
[[nodiscard]] markup pager(const address& here, const list_window& window);

/// A form of filters. Each is shown with its present value; `finish` adds the button and the way
/// back to the whole list.
class filter_form {
public:
    filter_form(std::string path, const address& here);
    filter_form& choice(std::string_view name, std::string_view label,
                        const std::vector<std::string_view>& values);
    filter_form& words(std::string_view name, std::string_view label);
    [[nodiscard]] markup finish() &&;

private:
    std::string path_;
    const address& here_;
    markup out_;
};

}  // namespace townd::debug
