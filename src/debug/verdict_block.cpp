#include "debug/verdict_block.hpp"

#include <algorithm>

#include "debug/listing.hpp"
#include "debug/orders_block.hpp"
#include "debug/parts.hpp"

namespace townd::debug {
namespace {

using engine::town_condition;

tone tone_of_fleet(const overview& sum, const outage_board& outages) {
    const int stuck = sum.count(town_condition::blocked) + sum.count(town_condition::set_aside);
    const bool failing = std::any_of(outages.begin(), outages.end(), [](const outage_summary& o) {
        return !o.observe_only && o.phase == outage_phase::probing;
    });
    if (stuck > 0 || failing) return tone::bad;
    if (sum.count(town_condition::degraded) > 0 || sum.total.towns_late > 0 || !outages.empty())
        return tone::warn;
    return sum.total.stopping ? tone::warn : tone::ok;
}

// The newest words of the widest cause: the verdict names its code.
void cause_sentence(markup& out, const overview& sum, const std::vector<known_cause>& causes) {
    if (causes.empty()) return;
    const auto& top = causes.front();
    if (sum.now - top.what.last_at > std::chrono::hours{1}) return;
    out.raw("<p>Most seen: <code>").text(top.what.code).raw("</code> in ").text(top.what.phase);
    out.raw(" for ").text(top.what.role).raw(", in ").number(top.towns());
    out.text(top.towns() == 1 ? " town" : " towns").raw(": <code>").text(top.what.message, 200);
    out.raw("</code></p>");
}

void links(markup& out, const overview& sum, const outage_board& outages,
           const std::vector<known_cause>& causes) {
    const int troubled =
        sum.towns - sum.count(town_condition::dispatching) - sum.count(town_condition::idle);
    out.raw("<div class=links>");
    if (!sum.oldest_waiting_town.empty())
        link(out, "/debug/towns/" + url_part(sum.oldest_waiting_town) + "#beads", "Explain");
    if (troubled > 0) link(out, "/debug/towns?state=troubled", "Affected towns");
    if (!outages.empty()) link(out, "/debug/outages", "Outage");
    if (!causes.empty())
        link(out, "/debug/errors/" + url_part(causes.front().what.fingerprint), "Error");
    if (!outages.empty())
        out.raw("<span>Runbook: docs/runbooks/TownOutageOpen.md</span>");
    else if (troubled > 0)
        out.raw("<span>Runbook: docs/runbooks/README.md</span>");
    out.raw("</div>");
}

}  // namespace

markup verdict_block(const face& f, const overview& sum, const std::vector<known_cause>& causes) {
    const auto outages = f.fleet.outages();
    const auto dot = sum.verdict.find(". ");
    const std::string first =
        dot == std::string::npos ? sum.verdict : sum.verdict.substr(0, dot + 1);
    markup out;
    out.raw("<section id=verdict aria-label=Verdict class=\"verdict ");
    out.text(to_text(tone_of_fleet(sum, *outages))).raw("\"><h1>").text(first, 600).raw("</h1>");
    if (dot != std::string::npos)
        out.raw("<p>").text(std::string_view{sum.verdict}.substr(dot + 2), 1200).raw("</p>");
    if (outages->empty()) cause_sentence(out, sum, causes);  // An outage's is in its sentence.
    out.add(orders_block(f.fleet.operators(), sum.now));
    links(out, sum, *outages, causes);
    return std::move(out.raw("</section>"));
}

}  // namespace townd::debug
