#include "debug/orders_block.hpp"

#include <algorithm>

#include "engine/operator_words.hpp"

namespace townd::debug {
namespace {

void order_row(markup& out, const engine::order_in_force& each, instant now) {
    const auto& o = each.order;
    out.raw("<tr><td>").text(to_text(o.kind)).raw("<td class=name>").text(engine::target_of(o));
    out.raw("<td>").text(o.by, 60).raw("<td>");
    if (o.until)
        out.raw("for ").text(to_words(std::max(duration{0}, *o.until - now))).raw(" more");
    else
        out.raw("until someone ends it");
    out.raw("<td class=n>").number(each.agents_running).raw("<td class=n>");
    out.number(each.starts_in_flight).raw("<td>");
    if (o.kind == override_kind::drain && each.quiet) out.raw("<b>drained</b>; ");
    out.text(o.reason, 160).raw("</tr>");
}

}  // namespace

markup orders_block(const engine::operator_view& orders, instant now) {
    markup out;
    if (orders.orders.empty() && orders.problem.empty()) return out;
    out.raw("<section id=orders><h2>Orders in force</h2>");
    if (!orders.problem.empty())
        out.raw("<p>Orders cannot be kept: ").text(orders.problem).raw("</p>");
    if (!orders.orders.empty()) {
        out.raw(
            "<div class=wide><table><tr><th>order<th>for<th>by<th>how long"
            "<th class=n>at work<th class=n>in flight<th>why</tr>");
        for (std::size_t i = 0; i < std::min(orders.orders.size(), orders_shown_max); ++i)
            order_row(out, orders.orders[i], now);
        out.raw("</table></div>");
        if (orders.orders.size() > orders_shown_max)
            out.raw("<p><a href=\"/debug/v1/overrides\">all ")
                .number(static_cast<std::int64_t>(orders.orders.size()))
                .raw(" orders</a></p>");
    }
    return std::move(out.raw("</section>"));
}

}  // namespace townd::debug
