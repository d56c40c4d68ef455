#include "town/upkeep.hpp"

#include <algorithm>

#include "town/start_request.hpp"
#include "townd/decide/reconcile.hpp"

namespace townd::town {
namespace {

constexpr std::string_view restarts_key = "container_restarts";
constexpr std::string_view token_key = "token_sent_ms";
constexpr int pruned_rows_max = 500;

void store_restarts(context& ctx) {
    json list = json::array();
    for (const auto at : ctx.facts.health.restarts_at)
        list.push_back(unix_ms(at));
    ctx.store.put_value(restarts_key, dump_json(list));
}

}  // namespace

void heard_container(context& ctx) {
    ctx.facts.health.alive_at = ctx.now;
    if (ctx.facts.health.failures == 0) return;
    ctx.facts.health.failures = 0;
    ctx.facts.health.first_failure_at.reset();
    ctx.out.wake = true;
}

void check(context& ctx) {
    ctx.facts.health.checked_at = ctx.now;
    ctx.out.upkeep.push_back({upkeep_call::kind::health, "", health_call(ctx)});
}

void check_answered(context& ctx, bool well, std::string_view cause) {
    auto& health = ctx.facts.health;
    if (well) {
        if (health.failures >= unhealthy_after)
            ctx.note("container_recovered", "its container answers health checks again");
        health.exhausted = false;
        health.cause.clear();
        heard_container(ctx);
        return;
    }
    ++health.failures;
    if (!health.first_failure_at) health.first_failure_at = ctx.now;
    health.cause = clean_text(cause.empty() ? "no answer" : cause, 300);
    if (health.failures == unhealthy_after)
        ctx.warn("container_unwell", "its container failed " + std::to_string(health.failures) +
                                         " health checks in a row: " + health.cause);
    ctx.out.wake = true;
}

void restart(context& ctx) {
    auto& health = ctx.facts.health;
    std::erase_if(health.restarts_at, [&](instant at) { return ctx.now - at >= restart_window; });
    if (static_cast<int>(health.restarts_at.size()) >= restarts_per_window) {
        if (!health.exhausted)
            ctx.warn("restarts_exhausted", "its container is not well after " +
                                               std::to_string(restarts_per_window) +
                                               " restarts within " + to_words(restart_window) +
                                               ": no more for now; look at it: " + health.cause);
        health.exhausted = true;
        return;
    }
    health.restarts_at.push_back(ctx.now);
    store_restarts(ctx);
    health.failures = 0;
    health.first_failure_at.reset();
    ctx.warn("container_restart", "a restart of its container is asked for, number " +
                                      std::to_string(health.restarts_at.size()) + " within " +
                                      to_words(restart_window) + ": " + health.cause);
    ctx.out.upkeep.push_back({upkeep_call::kind::restart, health.cause, restart_call(ctx)});
}

void restart_answered(context& ctx, bool taken, std::string_view cause) {
    if (taken) return;
    ctx.warn("container_restart_failed",
             "the restart that was asked for failed: " +
                 clean_text(cause.empty() ? "without a word" : cause, 300));
}

void renew(context& ctx) {
    ctx.facts.token_tried_at = ctx.now;
    ++ctx.facts.token_failures;  // Until it is taken.
    auto call = token_call(ctx);
    if (!call) {
        ctx.warn("token_not_made", call.error().what);
        return;
    }
    ctx.out.upkeep.push_back({upkeep_call::kind::token, "", *std::move(call)});
}

void renew_answered(context& ctx, bool taken) {
    if (!taken) {
        if (ctx.facts.token_failures == 1)
            ctx.warn("token_refused",
                     "its container did not take a fresh token: it is tried again "
                     "while agents run on the old one");
        return;
    }
    ctx.facts.token_failures = 0;
    ctx.facts.token_sent_at = ctx.now;
    ctx.store.put_value(token_key, std::to_string(unix_ms(ctx.now)));
}

void read_upkeep(context& ctx) {
    if (const auto text = ctx.store.value(token_key))
        ctx.facts.token_sent_at =
            std::min(from_unix_ms(std::strtoll(text->c_str(), nullptr, 10)), ctx.now);
    const auto text = ctx.store.value(restarts_key);
    const auto list = text ? parse_json(*text) : result<json>{json::array()};
    if (!list || !list->is_array()) return;
    for (const auto& at : *list)
        if (at.is_number_integer() &&
            ctx.facts.health.restarts_at.size() < static_cast<std::size_t>(restarts_per_window))
            ctx.facts.health.restarts_at.push_back(
                std::min(from_unix_ms(at.get<std::int64_t>()), ctx.now));
}

void prune(context& ctx) {
    const int gone =
        ctx.store.prune_history(ctx.now - ctx.with.rules.upkeep.keep_history, pruned_rows_max);
    ctx.facts.file_bytes = ctx.store.bytes();
    // More is there: soon again, not at once, so that it holds up nothing.
    ctx.facts.pruned_at =
        gone >= pruned_rows_max ? ctx.now - prune_every + duration{60'000} : ctx.now;
}

}  // namespace townd::town
