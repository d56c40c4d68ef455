#pragma once
// HTML that cannot forget to escape: what is not a literal goes through `text`.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace townd::debug {

/// Longest foreign text on a page, in bytes before escaping; longer ones are cut with a marker.
inline constexpr std::size_t shown_text_max = 400;

/// Foreign text made fit for a page: invalid UTF-8 replaced, control characters and those that turn
/// the writing direction taken out, cut, and the five characters of HTML escaped.
[[nodiscard]] std::string escaped(std::string_view foreign, std::size_t max = shown_text_max);
/// One part of a path or the value of a query parameter, percent-encoded.
[[nodiscard]] std::string url_part(std::string_view text);
/// 1234567 as `1 234 567`, with blanks that do not break.
[[nodiscard]] std::string grouped(std::int64_t number);

/// A page under construction.
class markup {
public:
    /// Literals only: the text is taken as HTML.
    template <std::size_t n>
    markup& raw(const char (&literal)[n]) {
        html_.append(literal, n - 1);
        return *this;
    }
    markup& text(std::string_view foreign, std::size_t max = shown_text_max) {
        html_ += escaped(foreign, max);
        return *this;
    }
    markup& number(std::int64_t value) {
        html_ += grouped(value);
        return *this;
    }
    markup& url(std::string_view part) {
        html_ += url_part(part);
        return *this;
    }
    /// Another piece of markup.
    markup& add(const markup& other) {
        html_ += other.html_;
        return *this;
    }
    /// A share of `whole` in per cent, for a style's width.
    markup& percent(std::int64_t part, std::int64_t whole);

    [[nodiscard]] std::size_t size() const noexcept { return html_.size(); }
    [[nodiscard]] std::string take() && { return std::move(html_); }

private:
    std::string html_;
};

}  // namespace townd::debug
