#include "town/sessions.hpp"

namespace townd::town {

std::optional<dispatch> newest_dispatch(context& ctx, const agent_id& agent) {
    store::dispatch_filter filter;
    filter.agent = agent;
    filter.limit = 1;
    auto found = ctx.store.list_dispatches(filter);
    if (found.empty()) return std::nullopt;
    return std::move(found.front());
}

bool is_stale(context& ctx, const std::optional<dispatch>& newest, const named_dispatch& named,
              const agent& a, std::string_view call) {
    if (!named || !newest || *named == newest->id) return false;
    ctx.note("stale_callback", std::string{call} + " of agent " + a.name + " names dispatch " +
                                   cut_text(*named, 64) + ", the newest is " + newest->id +
                                   ": ignored");
    return true;
}

bool is_at_work(const agent& a) {
    return a.status == agent_status::working || a.status == agent_status::waiting ||
           a.status == agent_status::stalled;
}

std::optional<bead> work_of(context& ctx, const agent& a, const std::optional<dispatch>& newest) {
    if (a.hook) return ctx.store.find_bead(*a.hook);
    if (!newest) return std::nullopt;
    store::dispatch_filter filter;
    filter.bead = newest->bead;
    filter.limit = 1;
    const auto latest = ctx.store.list_dispatches(filter);
    if (latest.empty() || latest.front().id != newest->id) return std::nullopt;
    return ctx.store.find_bead(newest->bead);
}

void reward(context& ctx, bead& b, std::optional<dispatch>& d) {
    if (d && d->charged_bead && d->bead == b.id) {
        b.dispatch_attempts = b.dispatch_attempts > 0 ? b.dispatch_attempts - 1 : 0;
        d->charged_bead = false;
        ctx.store.put_dispatch(*d);
    }
    b.failures_in_row = 0;
    b.next_attempt_at.reset();
    b.parked = false;
}

}  // namespace townd::town
