#include "debug/frame.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "debug/assets.hpp"
#include "debug/parts.hpp"
#include "debug/replies.hpp"

namespace townd::debug {
namespace {

constexpr int refresh_seconds_max = 3600;

void head(markup& out, const frame& around) {
    out.raw(
        "<!doctype html><html lang=en><head><meta charset=utf-8>"
        "<meta name=viewport content=\"width=device-width,initial-scale=1\">"
        "<meta name=robots content=noindex><link rel=icon href=\"data:,\">");
    if (around.refresh_seconds > 0)
        out.raw("<noscript><meta http-equiv=refresh content=")
            .text(std::to_string(around.refresh_seconds))
            .raw("></noscript>");
    out.raw("<title>").text(around.title).raw("</title>");
    const auto style = [&out](std::string_view name) {
        out.raw("<link rel=stylesheet href=\"").text(assets_path()).text(name).raw("\">");
    };
    style("style.css");
    if (around.has_chart) {
        style("uplot.min.css");
        out.raw("<script src=\"").text(assets_path()).raw("uplot.min.js\" defer></script>");
    }
    out.raw("<script type=module src=\"").text(assets_path()).raw("live.js\"></script></head>");
}

void navigation(markup& out, const frame& around) {
    constexpr std::array<std::pair<const char*, const char*>, 7> pages{{
        {"/debug/", "Now"},
        {"/debug/towns", "Towns"},
        {"/debug/breakers", "Breakers"},
        {"/debug/errors", "Errors"},
        {"/debug/outages", "Outages"},
        {"/debug/events", "Events"},
        {"/debug/config", "Config"},
    }};
    out.raw("<a class=brand href=\"/debug/\">townd</a><nav aria-label=Pages>");
    for (const auto& [path, name] : pages) {
        out.raw("<a href=\"").text(path).raw("\"");
        if (around.here == path) out.raw(" aria-current=page");
        out.raw(">").text(name).raw("</a>");
    }
    out.raw("</nav>");
}

void tick(markup& out, const face& f) {
    const auto total = f.fleet.total();
    out.raw("<span id=tick>");
    if (total.stopping)
        out.raw("<b class=t-warn>shutting down</b>");
    else if (total.last_tick_at)
        out.raw("tick ").add(ago(*total.last_tick_at, f.now()));
    else
        out.raw("no tick yet");
    out.raw("</span>");
}

void generation(markup& out, const face& f) {
    out.raw("<span id=generation>");
    if (f.options.config_status) {
        const json status = f.options.config_status();
        out.raw("<a href=\"/debug/config\">config ").number(whole(status, "generation"));
        if (field(status, "differs_from_disk") == json(true))
            out.raw(" <b class=t-warn>differs from disk</b>");
        out.raw("</a>");
    }
    out.raw("</span>");
}

void status(markup& out, const face& f, const frame& around) {
    out.raw("<p class=status><span id=live role=status data-state=off>page of ");
    out.text(to_rfc3339(f.now()).substr(11, 8)).raw(" UTC</span>");
    out.raw("<a id=hold href=\"?refresh=0\">hold still</a>");
    tick(out, f);
    generation(out, f);
    if (!around.json_link.empty())
        out.raw("<a href=\"").text(around.json_link, 2000).raw("\">JSON</a>");
    out.raw("<span>").text(f.options.version, 40).raw("</span></p>");
}

}  // namespace

std::string framed(const face& f, const frame& around, markup body) {
    markup out;
    head(out, around);
    out.raw("<body data-every=").text(std::to_string(around.rest_ms));
    out.raw("><a class=skip href=\"#main\">Skip to the content</a>");
    if (!f.options.banner.empty())
        out.raw("<p class=banner>").text(f.options.banner, 60).raw("</p>");
    out.raw("<header>");
    navigation(out, around);
    status(out, f, around);
    out.raw("</header><main id=main tabindex=-1>").add(body);
    out.raw(
        "</main><footer>For programs: "
        "<a href=\"/debug/v1/summary\">summary</a>, "
        "<a href=\"/debug/v1/towns\">towns</a>, "
        "<a href=\"/debug/v1/breakers\">breakers</a>, "
        "<a href=\"/debug/v1/errors\">errors</a>, "
        "<a href=\"/debug/v1/reconciler\">reconciler</a>, "
        "<a href=\"/debug/v1/config\">config</a>, "
        "<a href=\"/debug/v1/runtime\">runtime</a>, "
        "<a href=\"/metrics\">metrics</a>, "
        "<a href=\"/readyz?verbose\">readiness</a>.</footer></body></html>\n");
    return std::move(out).take();
}

int refresh_of(const http::request& call, int usual) {
    const std::string text = asked(call, "refresh");
    int seconds = usual;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), seconds);
    if (parsed.ec != std::errc{} || seconds < 0) return usual;
    return std::min(seconds, refresh_seconds_max);
}

}  // namespace townd::debug
