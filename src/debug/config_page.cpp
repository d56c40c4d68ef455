// The configuration in force, where each value came from, and what the last reload said.

#include <algorithm>
#include <utility>

#include "debug/frame.hpp"
#include "debug/listing.hpp"
#include "debug/pages.hpp"
#include "debug/parts.hpp"
#include "debug/replies.hpp"

namespace townd::debug {
namespace {

constexpr std::size_t keys_shown_max = 1000;

// Objects and lists as a few words; the rest as it is.
void value(markup& out, const json& what) {
    if (what.is_boolean())
        out.text(what == json(true) ? "yes" : "no");
    else if (what.is_null() || (what.is_array() && what.empty()))
        out.add(no_value());
    else
        out.text(what.is_string() ? what.get<std::string>() : dump_json(what), 1024);
}

markup status_block(const face& f) {
    markup out;
    if (!f.options.config_status) return out;
    const json status = f.options.config_status();
    const bool differs = field(status, "differs_from_disk") == json(true);
    out.raw("<section class=\"verdict ").text(differs ? "warn" : "ok").raw("\"><h1>");
    out.text(differs ? "The file on disk is not what is in force"
                     : "What is in force is what the file says");
    out.raw("</h1><dl>");
    for (const auto& [name, what] : status.items()) {
        std::string words = name;
        std::replace(words.begin(), words.end(), '_', ' ');
        out.raw("<dt>").text(words, 60).raw("<dd>");
        value(out, what);
    }
    return std::move(out.raw("</dl></section>"));
}

bool wanted(const config::printed_key& key, const address& here) {
    const std::string words = here["q"];
    const bool fits = words.empty() || key.key.find(words) != std::string::npos ||
                      key.value.find(words) != std::string::npos;
    const bool is_default = key.origin == "default";
    return fits && (here["set"].empty() || (here["set"] == "default") == is_default);
}

}  // namespace

std::string config_page(const face& f, const http::request& call) {
    const address here("/debug/config", call, {"q", "set"});
    filter_form form("/debug/config", here);
    form.words("q", "key or value").choice("set", "value comes from", {"default", "elsewhere"});
    markup body;
    body.add(status_block(f)).raw("<section><h2>Values in force</h2>");
    body.add(std::move(form).finish());
    body.raw(
        "<div class=wide><table class=dense><thead><tr><th scope=col>key<th scope=col>value"
        "<th scope=col>from</tr></thead><tbody>");
    std::size_t shown_rows = 0;
    if (f.options.config_keys)
        for (const auto& key : f.options.config_keys()) {
            if (!wanted(key, here) || shown_rows == keys_shown_max) continue;
            ++shown_rows;
            body.raw("<tr><th scope=row><code>").text(key.key).raw("</code><td><code>");
            body.text(without_userinfo(key.value)).raw("</code><td class=soft>");
            body.text(key.origin).raw("</tr>");
        }
    body.raw("</tbody></table></div>");
    if (shown_rows == 0) body.raw("<p class=none>No such key.</p>");
    body.raw("</section>");
    return framed(
        f, {"townd: configuration", "/debug/config", "/debug/v1/config", refresh_of(call, 0)},
        std::move(body));
}

}  // namespace townd::debug
