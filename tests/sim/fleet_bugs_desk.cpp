#include "sim/fleet_bugs_desk.hpp"

#include <functional>
#include <memory>
#include <set>
#include <utility>
#include <vector>

#include "engine/environment.hpp"

namespace townd::sim::test {
namespace {

// One that is heard by the desk when `change` says so.
template <class News, class Change>
plants other_news(Change change) {
    plants out;
    out.news = [change](fleet_news& news, instant) {
        auto* told = std::get_if<News>(&news);
        return told == nullptr || change(*told);
    };
    return out;
}

template <class Change>
plants other_messages(Change change) {
    plants out;
    out.messages = [change](fleet_message& message, instant now) {
        change(message.advice, now);
        return true;
    };
    return out;
}

// Changes what a town knows of its places before each look at it. What is being tried is left
// alone: a copy through its saved form would forget that.
template <class Change>
plants other_places(Change change) {
    plants out;
    out.before_cycle = [change](int) -> engine::town_work {
        return [change](town::context& ctx) -> result<json> {
            const auto entries = ctx.breakers.entries();
            for (const auto& [key, e] : entries) {
                if (e.scope != breaker_scope::place) continue;
                change(ctx, e);
            }
            return json();
        };
    };
    return out;
}

void replace(town::context& ctx, const breaker_entry& e, standing::saved with) {
    ctx.breakers.change(e.rig, e.role, ctx.now, [&](standing& place) {
        place = standing::restored(std::move(with), ctx.now, ctx.with.rules.retry);
    });
}

}  // namespace

plants recoveries_unheard() {
    return other_news<role_standing>([](role_standing& s) {
        if (!s.doubt) return false;
        s.work = s.wants = true;
        s.doubt->earning = false;
        s.doubt->failed_at = instant{} + std::chrono::hours{24 * 365 * 200};
        return true;
    });
}

plants failures_not_counted() {
    return other_news<attempt_news>([](attempt_news& a) {
        a.counts = false;
        return true;
    });
}

plants answers_told_as_survival() {
    return other_news<attempt_news>([](attempt_news& a) {
        if (a.at == stage::answered && a.said == verdict::success) a.at = stage::survived;
        return true;
    });
}

plants outages_untold() {
    return other_messages([](fleet_advice& advice, instant) { advice.outage.clear(); });
}

plants leases_come_too_late() {
    return other_messages([](fleet_advice& advice, instant now) { advice.lease_ends_at = now; });
}

plants no_leave_ever() {
    return other_messages([](fleet_advice& advice, instant) { advice.lease = 0; });
}

plants leave_for_all() {
    plants out;
    out.before_cycle = [given = std::make_shared<std::uint64_t>(1'000'000)](int) {
        return [given](town::context& ctx) -> result<json> {
            for (auto& advice : ctx.facts.advice) {
                advice.lease = ++*given;
                advice.lease_used = false;
                advice.sweep = true;  // Or the place's own wait still holds.
                advice.lease_ends_at = ctx.now + std::chrono::hours{1};
            }
            return json();
        };
    };
    return out;
}

plants answers_close_everything() {
    return other_places([](town::context& ctx, const breaker_entry& e) {
        const auto survived = static_cast<std::size_t>(stage::survived);
        auto s = e.known.save();
        if (s.doubts[survived].failures == 0) return;
        if (s.success[static_cast<std::size_t>(stage::answered)] < s.doubts[survived].newest)
            return;
        s.doubts[survived] = {};
        replace(ctx, e, std::move(s));
    });
}

plants same_rig_probed() {
    return other_places([](town::context& ctx, const breaker_entry& e) {
        if (!e.rig || e.rig->ends_with("-rig-0") || e.known.trying()) return;
        auto s = e.known.save();
        s.last_try = ctx.now;
        s.next_try = ctx.now + std::chrono::hours{1};
        replace(ctx, e, std::move(s));
    });
}

plants due_places_let_all_through() {
    return other_places([](town::context& ctx, const breaker_entry& e) {
        if (!e.known.in_doubt() || e.known.next_try() > ctx.now) return;
        ctx.breakers.change(e.rig, e.role, ctx.now,
                            [&](standing& place) { place.forget(ctx.now); });
    });
}

}  // namespace townd::sim::test
