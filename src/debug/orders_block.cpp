#include "debug/orders_block.hpp"

#include <algorithm>

#include "engine/operator_words.hpp"

namespace townd::debug {
namespace {

void order_line(markup& out, const engine::order_in_force& each, instant now) {
    const auto& o = each.order;
    out.raw("<li><b>").text(to_text(o.kind)).raw("</b> of ").text(engine::target_of(o), 120);
    out.raw(" by ").text(o.by, 60).raw(", ");
    if (o.until)
        out.raw("for ").text(to_words(std::max(duration{0}, *o.until - now))).raw(" more");
    else
        out.raw("until someone ends it");
    out.raw(": ").text(o.reason, 160).raw(" <small>");
    if (o.kind == override_kind::drain && each.quiet) out.raw("drained; ");
    out.number(each.agents_running).raw(" at work, ");
    out.number(each.starts_in_flight).raw(" in flight</small></li>");
}

}  // namespace

markup orders_block(const engine::operator_view& orders, instant now) {
    markup out;
    if (!orders.problem.empty())
        out.raw("<p>Orders cannot be kept: ").text(orders.problem).raw("</p>");
    if (orders.orders.empty()) return out;
    out.raw("<ul class=orders id=orders aria-label=\"Orders in force\">");
    for (std::size_t i = 0; i < std::min(orders.orders.size(), orders_shown_max); ++i)
        order_line(out, orders.orders[i], now);
    out.raw("</ul>");
    if (orders.orders.size() > orders_shown_max)
        out.raw("<p><a href=\"/debug/v1/overrides\">all ")
            .number(static_cast<std::int64_t>(orders.orders.size()))
            .raw(" orders</a></p>");
    return out;
}

}  // namespace townd::debug
