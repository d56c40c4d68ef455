// The report as a picture: time runs to the right, one lane a subject.

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <utility>

#include "scenario/figures.hpp"

namespace townd::scenario {
namespace {

constexpr double width = 1200;
constexpr double left = 170;  // Of the plot; names of lanes stand before it.
constexpr double right = 1180;
constexpr double bins_max = 525;  // At least two units of width each.
constexpr double row = 22;        // Of a bar with a name.
constexpr std::size_t rows_max = 8;

constexpr std::string_view style = R"css(
:root{color-scheme:light dark}
svg{--bg:#fff;--ink:#1b2329;--soft:#566470;--line:#d5dce1;--ok:#2f8f5b;--bad:#c8362c;--held:#b87414;
--shade:#c8362c;--out:#6b4fb3;--brk:#2f6fb5;background:var(--bg)}
@media (prefers-color-scheme:dark){svg{--bg:#0f1417;--ink:#e2e8ec;--soft:#9aa9b5;--line:#2b363e;
--ok:#4fb87f;--bad:#ff7468;--held:#eeb04c;--shade:#ff7468;--out:#a78cf0;--brk:#6aaaf0}}
text{fill:var(--ink);font:13px system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif}
.h{font-size:20px;font-weight:600}.s{fill:var(--soft)}.t{fill:var(--soft);font-size:11.5px}
.n{text-anchor:end}.m{text-anchor:middle}.miss{fill:var(--bad);font-weight:600}
.grid{stroke:var(--line)}.bg{fill:var(--bg)}
.ok{fill:var(--ok)}.bad{fill:url(#hatch);stroke:var(--bad);stroke-width:1}
.held{fill:url(#dots);stroke:var(--held);stroke-width:1.2;stroke-dasharray:4 2}
.shade{fill:var(--shade);opacity:.07}.fault{fill:var(--shade);opacity:.22}
.out{fill:var(--out);opacity:.3;stroke:var(--out)}.heal{fill:var(--out);opacity:.55}
.brk{fill:var(--brk);opacity:.45;stroke:var(--brk)}
.fix{stroke:var(--ok);stroke-width:1.5;stroke-dasharray:6 3}
.hl{stroke:var(--bad);stroke-width:2}.hb{fill:var(--bad);opacity:.15}.hd{fill:var(--held)}
)css";

std::string num(double value) {
    std::array<char, 32> buffer{};
    std::snprintf(buffer.data(), buffer.size(), "%.1f", value);
    std::string out{buffer.data()};
    return out.ends_with(".0") ? out.substr(0, out.size() - 2) : out;
}

std::string escaped(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (c == '<')
            out += "&lt;";
        else if (c == '>')
            out += "&gt;";
        else if (c == '&')
            out += "&amp;";
        else if (c == '"')
            out += "&quot;";
        else
            out += c;
    }
    return out;
}

// About as much as fits; letters are some 6.6 wide. Never in the middle of a UTF-8 character.
std::string fitting(std::string_view text, double room) {
    auto most = static_cast<std::size_t>(std::max(room / 6.6, 0.0));
    if (text.size() <= most) return std::string{text};
    if (most < 4) return {};
    --most;
    while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xC0U) == 0x80U)
        --most;
    return std::string{text.substr(0, most)} + "…";
}

using series = std::vector<double>;

class picture {
public:
    explicit picture(const report& r) : r_(r), length_(r.what.length) {}

    std::string draw() {
        head();
        const double top = y_;
        faults();
        lane("started", "a minute", "ok", of([](const tally& t) { return sum(t.ok); }));
        lane("failed", "a minute", "bad", of([](const tally& t) { return sum(t.failed); }));
        lane("held back", "beads a minute", "held",
             of([](const tally& t) { return sum(t.suppressed); }));
        outages();
        for (std::size_t s = 0; s < scope_count; ++s)
            breakers(s);
        axis(top);
        marks(top);
        const std::string title =
            escaped(r_.what.name + ": " + (r_.reached() ? "figures reached" : "figures missed"));
        return "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 " + num(width) + " " +
               num(y_) + "\" role=\"img\" aria-label=\"" + title + "\">\n<title>" + title +
               "</title>\n<style>" + std::string{style} + "</style>\n" + defs() +
               "<rect class=\"bg\" width=\"100%\" height=\"100%\"/>\n" + below_ + out_ + "</svg>\n";
    }

private:
    static std::string defs() {
        return R"x(<defs><pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse")x"
               R"x( patternTransform="rotate(45)"><rect class="hb" width="6" height="6"/>)x"
               R"x(<line class="hl" x1="0" y1="0" x2="0" y2="6"/></pattern>)x"
               R"x(<pattern id="dots" width="6" height="6" patternUnits="userSpaceOnUse">)x"
               R"x(<circle class="hd" cx="2" cy="2" r="1"/></pattern></defs>)x"
               "\n";
    }

    [[nodiscard]] double x(duration at) const {
        const double share = to_seconds(at) / to_seconds(length_);
        return left + (right - left) * std::clamp(share, 0.0, 1.0);
    }
    void text(double at_x, double at_y, std::string_view cls, std::string_view words) {
        out_ += "<text x=\"" + num(at_x) + "\" y=\"" + num(at_y) + "\"" +
                (cls.empty() ? "" : " class=\"" + std::string{cls} + "\"") + ">" + escaped(words) +
                "</text>\n";
    }
    void box(std::string_view cls, double from, double to, double top, double height,
             std::string_view title) {
        out_ += "<rect class=\"" + std::string{cls} + "\" x=\"" + num(from) + "\" y=\"" + num(top) +
                "\" width=\"" + num(std::max(to - from, 2.0)) + "\" height=\"" + num(height) +
                "\" rx=\"3\"><title>" + escaped(title) + "</title></rect>\n";
    }
    void below(std::string_view cls, double x1, double y1, double x2, double y2) {
        const std::string above = std::exchange(out_, {});
        line(cls, x1, y1, x2, y2);
        below_ += std::exchange(out_, above);
    }
    void line(std::string_view cls, double x1, double y1, double x2, double y2) {
        out_ += "<line class=\"" + std::string{cls} + "\" x1=\"" + num(x1) + "\" y1=\"" + num(y1) +
                "\" x2=\"" + num(x2) + "\" y2=\"" + num(y2) + "\"/>\n";
    }

    void head() {
        text(20, 32, "h", r_.what.name + (r_.reached() ? ": reached" : ": MISSED"));
        text(20, 54, "s",
             fitting(r_.what.about, 940) + " " + std::to_string(r_.what.towns) + " towns, seed " +
                 std::to_string(r_.what.seed) + ".");
        y_ = 80;
        if (const auto& broken = r_.came.run.broken) {
            text(20, y_, "miss",
                 fitting("invariant " + broken->invariant + ": " + broken->sentence, 1150));
            y_ += 20;
        }
        constexpr std::size_t columns = 3;
        const auto& all = r_.verdicts;
        const std::size_t lines = (all.size() + columns - 1) / columns;
        for (std::size_t i = 0; i < all.size(); ++i) {
            const auto& v = all[i];
            text(20.0 + 388.0 * static_cast<double>(i / lines),
                 y_ + 18.0 * static_cast<double>(i % lines), v.ok ? "" : "miss",
                 fitting(std::string{v.ok ? "✓ " : "✗ MISSED "} + v.wanted.figure + " " +
                             figure_text(v.reached) + ", " + bound_text(v.wanted),
                         410));
        }
        y_ += 18.0 * static_cast<double>(lines) + 6;
    }

    void faults() {
        const auto& all = r_.what.faults;
        if (all.empty()) return;
        text(left - 12, y_ + 15, "n", "faults");
        for (std::size_t i = 0; i < all.size() && i < rows_max; ++i) {
            const auto& f = all[i];
            const std::string words =
                f.name + ", " + std::to_string(f.towns) + (f.towns == 1 ? " town" : " towns");
            box("fault", x(f.from), x(f.until), y_, row - 4, words);
            named_bar(x(f.from), x(f.until), words);
            y_ += row;
        }
        if (all.size() > rows_max) {
            text(left, y_ + 13, "s", "and " + std::to_string(all.size() - rows_max) + " more");
            y_ += row;
        }
        y_ += 8;
    }

    // The name in its bar, or beside it when there is more room.
    void named_bar(double from, double to, std::string_view words) {
        const double inside = to - from - 12;
        const double behind = right - to - 12;
        const double before = from - left - 12;
        if (inside >= 6.6 * static_cast<double>(words.size()) ||
            (inside >= behind && inside >= before))
            text(from + 6, y_ + 13.5, "", fitting(words, inside));
        else if (behind >= before)
            text(to + 6, y_ + 13.5, "", fitting(words, behind));
        else
            text(from - 6, y_ + 13.5, "n", fitting(words, before));
    }

    // A number a minute, averaged over so many that a step can be seen.
    [[nodiscard]] series binned(auto&& of_minute, bool most) const {
        const auto& minutes = r_.came.run.minutes;
        const auto count = static_cast<double>(minutes.size());
        const auto per = static_cast<std::size_t>(std::max(1.0, std::ceil(count / bins_max)));
        series out;
        for (std::size_t i = 0; i < minutes.size(); i += per) {
            double value = 0;
            const std::size_t end = std::min(i + per, minutes.size());
            for (std::size_t m = i; m < end; ++m) {
                const double here = of_minute(minutes[m]);
                value = most ? std::max(value, here) : value + here;
            }
            out.push_back(most ? value : value / static_cast<double>(end - i));
        }
        return out;
    }
    [[nodiscard]] series of(std::uint64_t (*count)(const tally&)) const {
        return binned([&](const minute& m) { return static_cast<double>(count(m.starts)); }, false);
    }

    // Steps over a base line. The square root lets two a minute be seen beside two hundred.
    void steps(std::string_view cls, const series& values, double most, double base,
               double height) {
        const double each = (right - left) / static_cast<double>(values.size());
        std::string path;
        double last = 0;
        for (std::size_t i = 0; i <= values.size(); ++i) {
            const double value = i < values.size() ? values[i] : 0.0;
            const double up = most > 0 ? height * std::sqrt(value / most) : 0.0;
            if (up == last) continue;
            const std::string at = num(left + each * static_cast<double>(i));
            if (last == 0)
                path += "M" + at + " " + num(base);
            else
                path += "H" + at;
            path += "V" + num(base - up);
            last = up;
            if (up == 0) path += "Z";
        }
        if (!path.empty())
            out_ += "<path class=\"" + std::string{cls} + "\" d=\"" + path + "\"/>\n";
    }

    void lane(std::string_view name, std::string_view unit, std::string_view cls,
              const series& values) {
        constexpr double height = 84;
        const double most = std::max(1.0, *std::max_element(values.begin(), values.end()));
        const double base = y_ + height + 10;
        for (const double share : {1.0, 0.25}) {
            const double at = base - height * std::sqrt(share);
            below("grid", left, at, right, at);
            text(left - 12, at + 4, "t n", num(most * share));
        }
        text(20, base - height + 26, "", name);
        text(20, base - height + 42, "t", unit);
        steps(cls, values, most, base, height);
        line("grid", left, base, right, base);
        y_ = base + 8;
    }

    void outages() {
        const auto& all = r_.came.run.outages;
        text(left - 12, y_ + 15, "n", "outages");
        if (all.empty()) text(left + 6, y_ + 14, "s", "none");
        for (std::size_t i = 0; i < all.size() && i < rows_max; ++i) {
            const auto& o = all[i];
            const double to = x(o.closed.value_or(length_));
            const std::string words = std::string{to_text(o.role)} + ", " +
                                      std::to_string(o.members_peak) + " towns: " + o.cause;
            box("out", x(o.opened), to, y_, row - 4, words);
            if (o.healing) box("heal", x(*o.healing), to, y_, row - 4, "the way back");
            named_bar(x(o.opened), to, words);
            y_ += row;
        }
        if (all.size() > rows_max)
            text(left, y_ + 13, "s", "and " + std::to_string(all.size() - rows_max) + " more");
        y_ += all.empty() || all.size() > rows_max ? row + 6 : 6;
    }

    void breakers(std::size_t scope) {
        const auto values = binned(
            [&](const minute& m) { return static_cast<double>(m.open_breakers[scope]); }, true);
        const double most = *std::max_element(values.begin(), values.end());
        constexpr double height = 22;
        text(left - 12, y_ + height - 4, "n", std::string{scopes[scope]});
        if (scope == 0) {
            text(20, y_ + height - 4, "", "open");
            text(20, y_ + height + 12, "", "breakers");
        }
        text(left + 4, y_ + height - 6, "t", most > 0 ? "at most " + num(most) : "none");
        steps("brk", values, most, y_ + height, height - 2);
        line("grid", left, y_ + height, right, y_ + height);
        y_ += height + 6;
    }

    // Hours, or what divides the run into 6 to 12 parts.
    void axis(double top) {
        using std::chrono::minutes;
        duration every{0};
        for (const int m : {5, 10, 15, 30, 60, 120, 180, 240, 360, 720, 1440, 2880}) {
            every = minutes{m};
            if (length_ / every <= 12) break;
        }
        for (duration at{0}; at <= length_; at += every) {
            below("grid", x(at), top, x(at), y_ + 2);
            text(x(at), y_ + 17, "t m", at.count() == 0 ? "0" : config::duration_text(at));
        }
        text(20, y_ + 17, "t", "since its beginning");
        y_ += 40;
        text(20, y_ - 6, "t",
             "Heights grow with the square root of the count. Solid: started. Hatched: failed. "
             "Dotted: newly held back by a breaker, an outage or a budget.");
        y_ += 12;
    }

    // Faults shade all lanes; repairs are marked through them.
    void marks(double top) {
        const double bottom = y_ - 54;
        for (const auto& f : r_.what.faults)
            below_ += "<rect class=\"shade\" x=\"" + num(x(f.from)) + "\" y=\"" + num(top) +
                      "\" width=\"" + num(std::max(x(f.until) - x(f.from), 1.0)) + "\" height=\"" +
                      num(bottom - top) + "\"/>\n";
        const auto& all = r_.came.run.repairs;
        for (std::size_t i = 0; i < all.size() && i < 2 * rows_max; ++i) {
            const double at = x(all[i].at);
            line("fix", at, top - 4, at, bottom);
            std::string words = "repair";
            if (all[i].last) words += ", all back after " + to_words(*all[i].last);
            const double wide = 6.6 * static_cast<double>(words.size());
            const bool behind = at + wide + 8 < right;
            text(behind ? at + 5 : at - 5, bottom - 3, behind ? "t" : "t n", words);
        }
    }

    const report& r_;
    const duration length_;
    double y_ = 0;
    std::string out_;
    std::string below_;
};

}  // namespace

std::string picture_of(const report& r) {
    return picture{r}.draw();
}

}  // namespace townd::scenario
