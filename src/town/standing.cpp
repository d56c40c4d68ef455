#include "town/standing.hpp"

#include <algorithm>

#include "town/charging.hpp"

namespace townd::town {
namespace {

constexpr std::string_view starts_value = "budget_starts";
constexpr std::string_view failures_value = "budget_failures";
constexpr std::string_view pace_value = "pace";
constexpr duration pace_kept_every{60'000};

// Once an hour at most, when a fifth is left: in time to look before nothing starts any more.
void warn_at_eighty(context& ctx, int used, int limit, std::string_view what) {
    if (used != (limit * 4 + 4) / 5) return;
    ctx.warn("budget_low", std::to_string(used) + " of " + std::to_string(limit) + " " +
                               std::string{what} + " within an hour are used");
}

bead_id escalation_id(const std::string& outage) {
    return "outage-" + outage;
}

void tell_mayor(context& ctx, agent_role role, const fleet_advice& advice) {
    const bead_id id = escalation_id(advice.outage);
    if (ctx.store.find_bead(id)) return;
    bead b;
    b.id = id;
    b.type = bead_type::escalation;
    const std::string what =
        std::string{to_text(role)} + "s " + std::string{failing_words(advice.at)};
    b.title = "Outage: " + what + ", here and in many other towns";
    b.body = "Since " + to_rfc3339(advice.opened_at) + " the " + what + " in " +
             std::to_string(advice.towns) + " towns: " + advice.cause +
             ". townd tries them within one budget and starts here again by itself when that "
             "succeeds; no bead is charged for it.";
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

void keep_pace(context& ctx) {
    json all = json::object();
    bool due = false;
    for (const auto role : {agent_role::polecat, agent_role::refinery, agent_role::mayor}) {
        const slow_start& pace = ctx.facts.pace[index_of(role)];
        auto& kept = ctx.facts.pace_kept[index_of(role)];
        if (pace.last_success() == instant{}) continue;
        all[std::string{to_text(role)}] = {pace.width(), unix_ms(pace.last_success())};
        if (pace.last_success() - kept < pace_kept_every) continue;
        kept = pace.last_success();
        due = true;
    }
    if (due) ctx.store.put_value(pace_value, dump_json(all));
}

void read_pace(context& ctx) {
    const auto text = ctx.store.value(pace_value);
    const auto all = text ? parse_json(*text) : result<json>{json::object()};
    if (!all || !all->is_object()) return;
    for (const auto role : {agent_role::polecat, agent_role::refinery, agent_role::mayor}) {
        const auto found = all->find(std::string{to_text(role)});
        if (found == all->end() || !found->is_array() || found->size() != 2 ||
            !(*found)[0].is_number_integer() || !(*found)[1].is_number_integer())
            continue;
        ctx.facts.pace[index_of(role)] = slow_start::restored(
            (*found)[0].get<int>(), from_unix_ms((*found)[1].get<std::int64_t>()), ctx.now);
    }
}

void use_lease(context& ctx, agent_role role, const std::vector<admission>& admissions) {
    auto& known = ctx.facts.advice[index_of(role)];
    for (const auto& leave : admissions)
        if (leave.key == lease_admission_key && leave.probe == known.lease) known.lease_used = true;
}

void take_advice(context& ctx, const fleet_message& message) {
    auto& known = ctx.facts.advice[index_of(message.role)];
    ctx.out.wake = true;
    const bool used = known.lease_used && known.lease == message.advice.lease;
    const bool other = known.outage != message.advice.outage;
    if (other && !known.outage.empty()) close_escalation(ctx, known.outage);
    known = message.advice;
    known.lease_used = used;
    if (!other || known.outage.empty()) return;
    tell_mayor(ctx, message.role, known);
    if (known.at != stage::done) return;
    ctx.breakers.outage_opened(message.role, known.at, ctx.now, ctx.with.rules.retry);
    std::vector<std::optional<rig_id>> rigs;
    for (const auto& [key, e] : ctx.breakers.entries())
        if (e.scope == breaker_scope::place && e.role == message.role) rigs.push_back(e.rig);
    for (const auto& rig : rigs)
        take_back_charges(ctx, rig, message.role, "an outage of many towns");
}

std::optional<doubt_told> doubt_to_tell(const context& ctx, agent_role role) {
    doubt_told out;
    const auto fill = [&](const standing& s, stage at) {
        out.at = at;
        out.kind = s.why().kind();
        out.words = s.why().words;
        out.since = s.since();
        out.failed_at = s.newest();
        out.asked_until = s.asked_until();
        out.failures = s.failures();
        out.in_row = s.in_row();
    };
    const auto doubt = ctx.breakers.doubt_of(role, ctx.now);
    if (doubt && !doubt->by->known.why().local) {
        fill(doubt->by->known, doubt->at);
        out.next_try = doubt->next_try;
        out.own = doubt->by->role == role;
        out.earning = out.own && doubt->by->known.earning();
        return out;
    }
    for (const auto& [key, e] : ctx.breakers.entries()) {
        if (e.scope != breaker_scope::place || e.role != role || !e.known.is_soft()) continue;
        fill(e.known, stage::done);
        out.soft = true;
        return out;
    }
    return std::nullopt;
}

}  // namespace townd::town
