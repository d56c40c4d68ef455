#include "engine/operator_words.hpp"

#include <algorithm>
#include <array>
#include <tuple>

namespace townd::engine {
namespace {

constexpr std::array<std::string_view, 13> verbs{
    "pause", "resume", "drain",     "undrain",        "force-open", "force-closed", "clear",
    "reset", "probe",  "retry-now", "reset-attempts", "log-level",  "reload"};
constexpr std::size_t said_max = 2;
constexpr std::size_t said_bytes_max = 160;

json text_or_null(const std::string& text) {
    return text.empty() ? json() : json(text);
}
json time_or_null(const std::optional<instant>& at) {
    if (!at || *at == never) return json();
    return to_rfc3339(*at);
}

std::string of_town(const town_id& town) {
    return town.empty() ? std::string{} : " of town " + town;
}

std::string scope_words(override_scope scope, const town_id& town, const rig_id& rig,
                        const std::optional<agent_role>& role) {
    switch (scope) {
        case override_scope::daemon:
            return "everything";
        case override_scope::town:
            return "town " + town;
        case override_scope::rig:
            return "rig " + rig + of_town(town);
        case override_scope::role:
            return "role " + std::string{role ? to_text(*role) : "?"} + of_town(town);
    }
    return "everything";
}

json parsed(const std::string& text) {
    auto value = parse_json(text);
    return value ? *std::move(value) : json();
}

std::string one_sentence(const override_order& o) {
    std::string out = target_of(o);
    out.front() = static_cast<char>(out.front() - 'a' + 'A');
    out += o.kind == override_kind::pause ? " is paused by " : " is draining, by ";
    out += clean_text(o.by, 60);
    if (o.until)
        out += " until " + to_rfc3339(*o.until).substr(11, 5) + " UTC";
    else
        out += " until someone resumes it";
    std::string reason = clean_text(o.reason, said_bytes_max);
    while (reason.ends_with('.'))
        reason.pop_back();
    return out + ": " + reason + ".";
}

bool concerns(const override_order& o, const town_summary& town) {
    return o.town.empty() || o.town == town.id;
}

void add_town(order_in_force& into, const town_summary& town) {
    const auto& o = into.order;
    // A tick that did not know the order may have started one more.
    into.quiet = into.quiet && town.last_tick_at >= o.set_at;
    for (const auto& group : town.running) {
        if (o.scope == override_scope::rig && group.rig != o.rig) continue;
        if (o.scope == override_scope::role && group.role != *o.role) continue;
        into.agents_running += group.agents;
        into.starts_in_flight += group.starts;
    }
}

std::vector<const override_order*> widest_first(const override_list& orders) {
    std::vector<const override_order*> out;
    for (const auto& o : orders)
        out.push_back(&o);
    std::stable_sort(out.begin(), out.end(), [](const auto* a, const auto* b) {
        return std::tuple{a->scope, a->set_at} < std::tuple{b->scope, b->set_at};
    });
    return out;
}

}  // namespace

std::string_view to_text(operator_verb verb) noexcept {
    return verbs[static_cast<std::size_t>(verb)];
}

std::optional<operator_verb> parse_operator_verb(std::string_view text) noexcept {
    if (text == "clear-force") return operator_verb::clear;
    for (std::size_t i = 0; i < verbs.size(); ++i)
        if (verbs[i] == text) return static_cast<operator_verb>(i);
    return std::nullopt;
}

std::string target_of(const override_order& o) {
    return scope_words(o.scope, o.town, o.rig, o.role);
}

std::string target_of(const operator_request& r) {
    if (is_order_verb(r.verb)) return scope_words(r.scope, r.town, r.rig, r.role);
    if (r.verb == operator_verb::log_level) return "log level";
    if (r.verb == operator_verb::reload) return "configuration";
    if (r.many) return "breakers";
    if (is_bead_verb(r.verb)) return "bead " + r.bead + of_town(r.town);
    return "breaker " + r.key + of_town(r.town);
}

std::string audit_name(std::int64_t id) {
    return "a-" + std::to_string(id);
}

json to_json(const override_order& o) {
    json out;
    out["id"] = text_or_null(o.id);
    out["kind"] = to_text(o.kind);
    out["scope"] = to_text(o.scope);
    out["town"] = text_or_null(o.town);
    out["rig"] = text_or_null(o.rig);
    out["role"] = o.role ? json(to_text(*o.role)) : json();
    out["by"] = o.by;
    out["reason"] = o.reason;
    out["set_at"] = to_rfc3339(o.set_at);
    out["expires_at"] = time_or_null(o.until);
    return out;
}

json to_json(const store::audit_entry& e) {
    json out;
    out["id"] = audit_name(e.id);
    out["at"] = to_rfc3339(e.at);
    out["by"] = e.by;
    out["peer"] = text_or_null(e.peer);
    out["verb"] = e.verb;
    out["route"] = text_or_null(e.route);
    out["target"] = e.target;
    out["reason"] = e.reason;
    out["before"] = parsed(e.before_json);
    out["after"] = parsed(e.after_json);
    out["expires_at"] = time_or_null(e.expires_at);
    out["request_id"] = text_or_null(e.request_id);
    out["outcome"] = e.outcome;
    return out;
}

json to_json(const operator_answer& a) {
    json out;
    out["before"] = a.before;
    out["after"] = a.after;
    out["applied"] = a.applied;
    out["audit_id"] = a.audit_id ? json(audit_name(*a.audit_id)) : json();
    out["expires_at"] = time_or_null(a.expires_at);
    return out;
}

std::string sentence_of(const override_list& orders) {
    std::string out;
    std::size_t said = 0;
    for (const auto* o : widest_first(orders)) {
        if (said++ == said_max) break;
        out += (out.empty() ? "" : " ") + one_sentence(*o);
    }
    if (orders.size() > said_max)
        out += " " + std::to_string(orders.size() - said_max) +
               (orders.size() == said_max + 1 ? " more order is" : " more orders are") +
               " in force.";
    return out;
}

std::vector<order_in_force> progress_of(
    const override_list& orders, const std::vector<std::shared_ptr<const town_summary>>& towns) {
    std::vector<order_in_force> out;
    for (const auto* o : widest_first(orders)) {
        order_in_force each{*o, 0, 0, true};
        for (const auto& town : towns)
            if (concerns(*o, *town)) add_town(each, *town);
        each.quiet = each.quiet && each.agents_running == 0 && each.starts_in_flight == 0;
        out.push_back(std::move(each));
    }
    return out;
}

}  // namespace townd::engine
