#include "debug/listing.hpp"

#include <algorithm>
#include <charconv>

#include "debug/replies.hpp"

namespace townd::debug {
namespace {

constexpr std::size_t filter_bytes_max = 200;
constexpr std::size_t address_bytes_max = 4000;

}  // namespace

address::address(std::string path, const http::request& call,
                 std::initializer_list<std::string_view> names)
    : path_(std::move(path)) {
    for (const auto name : {std::string_view{"limit"}, std::string_view{"refresh"}})
        if (auto value = asked(call, name); !value.empty()) set_.emplace(name, cut_text(value, 8));
    for (const auto name : names)
        if (auto value = asked(call, name); !value.empty())
            set_.emplace(name, cut_text(value, filter_bytes_max));
}

std::string address::operator[](std::string_view name) const {
    const auto found = set_.find(name);
    return found == set_.end() ? std::string{} : found->second;
}

std::string address::with(
    std::initializer_list<std::pair<std::string_view, std::string_view>> changes) const {
    auto set = set_;
    for (const auto& [name, value] : changes)
        set.insert_or_assign(std::string{name}, std::string{value});
    std::string out = path_;
    char before = '?';
    for (const auto& [name, value] : set) {
        if (value.empty()) continue;
        out += before + url_part(name) + "=" + url_part(value);
        before = '&';
    }
    return out;
}

void link(markup& out, const std::string& to, std::string_view words) {
    out.raw("<a href=\"").text(to, address_bytes_max).raw("\">").text(words).raw("</a>");
}

std::int64_t number_asked(const http::request& call, std::string_view name, std::int64_t usual,
                          std::int64_t min, std::int64_t max) {
    const std::string text = asked(call, name);
    std::int64_t value = 0;
    const auto [end, bad] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || bad != std::errc{} || end != text.data() + text.size()) return usual;
    return value < min || value > max ? usual : value;
}

list_window window_of(const http::request& call, std::size_t total) {
    list_window out;
    out.total = total;
    out.limit = static_cast<std::size_t>(number_asked(call, "limit", 100, 1, 500));
    const auto from = static_cast<std::size_t>(number_asked(call, "from", 0, 0, 1'000'000'000));
    // A list that became shorter shows its last part.
    out.from = from < total ? from : total == 0 ? 0 : (total - 1) / out.limit * out.limit;
    out.end = std::min(total, out.from + out.limit);
    return out;
}

markup pager(const address& here, const list_window& w) {
    markup out;
    if (w.total == 0) return out;
    out.raw("<nav class=pager aria-label=\"Parts of the list\"><span>");
    out.number(static_cast<std::int64_t>(w.from + 1)).raw(" to ");
    out.number(static_cast<std::int64_t>(w.end)).raw(" of ");
    out.number(static_cast<std::int64_t>(w.total)).raw("</span>");
    if (w.from > 0)
        link(out, here.with({{"from", std::to_string(w.from - std::min(w.from, w.limit))}}),
             "\u2190 before");
    if (w.end < w.total) link(out, here.with({{"from", std::to_string(w.end)}}), "after \u2192");
    return std::move(out.raw("</nav>"));
}

filter_form::filter_form(std::string path, const address& here)
    : path_(std::move(path)), here_(here) {
    out_.raw("<form class=filter method=get role=search action=\"").text(path_).raw("\">");
}

filter_form& filter_form::choice(std::string_view name, std::string_view label,
                                 const std::vector<std::string_view>& values) {
    const std::string now = here_[name];
    out_.raw("<label>").text(label).raw("<select id=\"f-").text(name);
    out_.raw("\" name=\"").text(name).raw("\"><option value=\"\">any</option>");
    bool known = now.empty();
    for (const auto value : values) {
        out_.raw("<option").text(value == now ? " selected" : "").raw(">").text(value);
        out_.raw("</option>");
        known = known || value == now;
    }
    if (!known) out_.raw("<option selected>").text(now).raw("</option>");
    out_.raw("</select></label>");
    return *this;
}

filter_form& filter_form::words(std::string_view name, std::string_view label) {
    out_.raw("<label>").text(label).raw("<input id=\"f-").text(name);
    out_.raw("\" name=\"").text(name).raw("\" maxlength=200 value=\"").text(here_[name]);
    out_.raw("\"></label>");
    return *this;
}

markup filter_form::finish() && {
    out_.raw("<button>Show</button><a href=\"").text(path_).raw("\">all</a></form>");
    return std::move(out_);
}

}  // namespace townd::debug
