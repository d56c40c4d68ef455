#include "town/standing.hpp"

#include <algorithm>

namespace townd::town {
namespace {

constexpr std::string_view starts_value = "budget_starts";
constexpr std::string_view failures_value = "budget_failures";

std::string family_of(const dispatch_error& error) {
    std::string out{to_text(error.code())};
    if (error.http_status) out += "/" + std::to_string(*error.http_status);
    return out;
}

// Once an hour at most, when a fifth is left: in time to look before nothing starts any more.
void warn_at_eighty(context& ctx, int used, int limit, std::string_view what) {
    if (used != (limit * 4 + 4) / 5) return;
    ctx.warn("budget_low", std::to_string(used) + " of " + std::to_string(limit) + " " +
                               std::string{what} + " within an hour are used");
}

bead_id escalation_id(const std::string& outage) {
    return "outage-" + outage;
}

void tell_mayor(context& ctx, const outage_advice& advice) {
    const bead_id id = escalation_id(advice.outage);
    if (ctx.store.find_bead(id)) return;
    bead b;
    b.id = id;
    b.type = bead_type::escalation;
    b.title = "Outage: no " + std::string{to_text(advice.role)} +
              " can be started here or in many other towns";
    b.body =
        "Since " + to_rfc3339(advice.opened_at) +
        " many towns fail for one cause: " + advice.cause +
        ". townd tries one of them for all and starts here again by itself when that succeeds; "
        "no bead is charged for it.";
    b.priority = bead_priority::high;
    b.labels = {"gt:escalation", "severity:high"};
    b.created_by = "townd";
    b.created_at = ctx.now;
    b.updated_at = ctx.now;
    ctx.store.insert_bead(b);
    store::escalation e;
    e.id = id;
    e.severity = "high";
    e.category = "outage";
    ctx.store.put_escalation(e);
    add_event(ctx, id, "escalated", std::nullopt, std::nullopt, e.severity);
}

void close_escalation(context& ctx, const std::string& outage) {
    auto b = ctx.store.find_bead(escalation_id(outage));
    if (b) set_status(ctx, *b, bead_status::closed, "the outage is over for this town");
}

}  // namespace

void start_heard(context& ctx, const dispatch& d, start_verdict said, const dispatch_error* error) {
    auto& pace = ctx.facts.pace[index_of(d.role)];
    if (said == start_verdict::success) pace.succeeded(ctx.now, ctx.with.rules.dispatch);
    if (said == start_verdict::failure)
        pace.failed(ctx.now, ctx.with.rules.dispatch, ctx.from.draw());
    start_result news;
    news.town = ctx.town;
    news.role = d.role;
    news.said = said;
    if (error != nullptr && said == start_verdict::failure) {
        news.fingerprint = error->fingerprint(to_text(d.role));
        news.family = family_of(*error);
        news.cause = std::string{to_text(error->code())} + ": " + error->message();
    }
    for (const auto& leave : d.admissions) {
        if (!leave.key.starts_with(outage_admission_prefix)) continue;
        news.outage = leave.key.substr(outage_admission_prefix.size());
        news.lease = leave.probe;
    }
    ctx.out.news.emplace_back(std::move(news));
}

bool is_of_outage(const context& ctx, const dispatch& d, const dispatch_error& error) {
    return std::any_of(ctx.facts.outages.begin(), ctx.facts.outages.end(),
                       [&](const outage_advice& o) {
                           return o.role == d.role && !o.observe_only &&
                                  (o.fingerprint == error.fingerprint(to_text(d.role)) ||
                                   o.fingerprint == "family:" + family_of(error));
                       });
}

void count_start(context& ctx, agent_role role) {
    if (role == agent_role::mayor) return;
    auto& used = ctx.facts.budget.starts;
    used.add(ctx.now);
    ctx.store.put_value(starts_value, used.saved());
    warn_at_eighty(ctx, used.within_hour(ctx.now), ctx.with.rules.dispatch.starts_per_hour,
                   "starts");
}

void count_failed_start(context& ctx, agent_role role) {
    if (role == agent_role::mayor) return;
    auto& used = ctx.facts.budget.failures;
    used.add(ctx.now);
    ctx.store.put_value(failures_value, used.saved());
    warn_at_eighty(ctx, used.within_hour(ctx.now), ctx.with.rules.dispatch.failed_starts_per_hour,
                   "failed starts");
}

void read_budget(context& ctx) {
    const auto read = [&](std::string_view key) {
        return hour_count::restored(ctx.store.value(key).value_or(""), ctx.now);
    };
    ctx.facts.budget = {read(starts_value), read(failures_value)};
}

void use_lease(context& ctx, const std::vector<admission>& admissions) {
    for (const auto& leave : admissions) {
        if (!leave.key.starts_with(outage_admission_prefix)) continue;
        for (auto& o : ctx.facts.outages)
            if (outage_admission_prefix + o.outage == leave.key && o.lease == leave.probe)
                o.lease_used = true;
    }
}

void take_advice(context& ctx, const outage_message& message) {
    auto& known = ctx.facts.outages;
    const auto mine = std::find_if(known.begin(), known.end(),
                                   [&](const outage_advice& o) { return o.role == message.role; });
    ctx.out.wake = true;
    if (!message.advice) {
        if (mine == known.end()) return;
        if (!mine->observe_only) {
            // What is proved is proved by its own start; nothing else waits for longer.
            ctx.breakers.hint_role(message.role, ctx.now);
        }
        close_escalation(ctx, mine->outage);
        known.erase(mine);
        return;
    }
    if (mine == known.end()) {
        known.push_back(*message.advice);
    } else {
        if (mine->outage != message.advice->outage) close_escalation(ctx, mine->outage);
        *mine = *message.advice;
    }
    if (message.joined && !message.advice->observe_only) tell_mayor(ctx, *message.advice);
}

}  // namespace townd::town
