#include "debug/graphics.hpp"

#include <algorithm>
#include <numeric>
#include <string>

namespace townd::debug {
namespace {

using engine::minute_counts;

constexpr int chart_width = 660;
constexpr int chart_height = 150;
constexpr int chart_left = 40;
constexpr int chart_bottom = 20;
constexpr int chart_top = 8;

std::string tenths(std::int64_t value) {
    return std::to_string(value / 10) + "." + std::to_string(value % 10);
}

// The smallest of 4, 5, 10, 20, 50, 100, ... that is not below `value`.
int round_up(int value) {
    if (value <= 4) return 4;
    for (int decade = 1;; decade *= 10)
        for (const int step : {5, 10, 20})
            if (step * decade >= value || decade >= 100'000'000) return step * decade;
}

struct plotted {
    const std::vector<minute_counts>& minutes;
    int top;

    [[nodiscard]] std::int64_t x10(std::size_t i) const {
        const auto last = std::max<std::size_t>(1, minutes.size() - 1);
        return chart_left * 10 + static_cast<std::int64_t>(i) * 10 *
                                     (chart_width - chart_left - 8) /
                                     static_cast<std::int64_t>(last);
    }
    [[nodiscard]] std::int64_t y10(int value) const {
        const int room = chart_height - chart_bottom - chart_top;
        return (chart_height - chart_bottom) * 10 - std::int64_t{value} * 10 * room / top;
    }
};

void curve(markup& out, const plotted& p, std::string_view kind, int minute_counts::*value) {
    std::string path;
    for (std::size_t i = 0; i < p.minutes.size(); ++i)
        path += (i == 0 ? "M" : "L") + tenths(p.x10(i)) + " " + tenths(p.y10(p.minutes[i].*value));
    out.raw("<path class=\"").text(kind).raw("\" d=\"").text(path, 1 << 16).raw("\"/>");
}

void horizontal(markup& out, const plotted& p, int value) {
    const std::string y = tenths(p.y10(value));
    out.raw("<line x1=").text(std::to_string(chart_left)).raw(" x2=");
    out.text(std::to_string(chart_width)).raw(" y1=").text(y).raw(" y2=").text(y).raw(" />");
    out.raw("<text text-anchor=end x=").text(std::to_string(chart_left - 6)).raw(" y=");
    out.text(tenths(p.y10(value) + 40)).raw(">").number(value).raw("</text>");
}

// A mark about every sixth of the chart, on a round time.
void times(markup& out, const plotted& p) {
    const auto span = static_cast<int>(p.minutes.size());
    const int step = span > 120 ? 30 : span > 60 ? 15 : span > 30 ? 10 : 5;
    for (std::size_t i = 0; i < p.minutes.size(); ++i) {
        if (unix_ms(p.minutes[i].begins) / 60'000 % step != 0) continue;
        const std::string x = tenths(p.x10(i));
        out.raw("<line x1=").text(x).raw(" x2=").text(x).raw(" y1=");
        out.text(std::to_string(chart_top)).raw(" y2=");
        out.text(std::to_string(chart_height - chart_bottom + 3)).raw(" />");
        out.raw("<text text-anchor=middle x=").text(x).raw(" y=");
        out.text(std::to_string(chart_height - 5)).raw(">");
        out.text(to_rfc3339(p.minutes[i].begins).substr(11, 5)).raw("</text>");
    }
}

void legend_entry(markup& out, std::string_view kind, std::string_view name) {
    out.raw("<span><svg width=24 height=8 aria-hidden=true><line class=\"").text(kind);
    out.raw("\" x1=0 x2=24 y1=4 y2=4 /></svg>").text(name).raw("</span>");
}

void points(markup& out, const std::vector<minute_counts>& minutes) {
    std::string text;
    for (const auto& m : minutes)
        text += std::to_string(unix_ms(m.begins) / 1000) + "," + std::to_string(m.ok) + "," +
                std::to_string(m.failed) + "," + std::to_string(m.suppressed) + ";";
    out.text(text, 1 << 16);
}

}  // namespace

markup sparkline(const std::array<int, 60>& by_minute, std::string_view what) {
    const int top = std::max(1, *std::max_element(by_minute.begin(), by_minute.end()));
    std::string path;
    for (std::size_t i = 0; i < by_minute.size(); ++i)
        path += (i == 0 ? "M" : "L") + std::to_string(i * 2) + " " +
                tenths(200 - std::int64_t{by_minute[i]} * 180 / top);
    markup out;
    out.raw("<svg class=spark role=img viewBox=\"0 0 120 22\" aria-label=\"").text(what);
    out.raw("\"><title>").text(what).raw("</title><line x1=0 x2=120 y1=20.5 y2=20.5 /><path d=\"");
    return std::move(out.text(path, 4096).raw("\"/></svg>"));
}

markup share_bar(const std::vector<share>& parts, std::string_view what) {
    const std::int64_t whole =
        std::accumulate(parts.begin(), parts.end(), std::int64_t{0},
                        [](std::int64_t sum, const share& s) { return sum + s.count; });
    markup out;
    out.raw("<svg class=bar role=img preserveAspectRatio=none aria-label=\"").text(what);
    out.raw("\">");
    std::int64_t before = 0;
    for (const auto& part : parts) {
        out.raw("<rect height=14 class=\"").text(part.fill).raw("\" x=\"");
        out.percent(before, whole).raw("\" width=\"").percent(part.count, whole);
        out.raw("\"><title>").text(part.name).raw(": ").number(part.count);
        out.raw("</title></rect>");
        before += part.count;
    }
    return std::move(out.raw("</svg>"));
}

markup attempts_chart(const std::vector<minute_counts>& minutes) {
    int most = 0;
    minute_counts sum;
    for (const auto& m : minutes) {
        most = std::max({most, m.ok, m.failed, m.suppressed});
        sum.ok += m.ok;
        sum.failed += m.failed;
        sum.suppressed += m.suppressed;
    }
    const plotted p{minutes, round_up(most)};
    markup out;
    out.raw("<figure id=attempts-chart data-points=\"");
    points(out, minutes);
    out.raw(
        "\"><svg class=chart role=img viewBox=\"0 0 660 150\" aria-label=\"Attempts a minute: ");
    out.number(sum.ok).raw(" ok, ").number(sum.failed).raw(" failed, ");
    out.number(sum.suppressed).raw(" held back in ");
    out.number(static_cast<std::int64_t>(minutes.size())).raw(" minutes\">");
    times(out, p);
    for (const int value : {0, p.top / 2, p.top})
        horizontal(out, p, value);
    curve(out, p, "c-suppressed", &minute_counts::suppressed);
    curve(out, p, "c-ok", &minute_counts::ok);
    curve(out, p, "c-failed", &minute_counts::failed);
    out.raw("</svg><figcaption class=legend>");
    legend_entry(out, "c-ok", "ok");
    legend_entry(out, "c-failed", "failed");
    legend_entry(out, "c-suppressed", "suppressed");
    return std::move(out.raw("<span class=soft>UTC</span></figcaption></figure>"));
}

}  // namespace townd::debug
