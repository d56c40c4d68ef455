#include "engine/breaker_rows.hpp"

#include <algorithm>

#include "json/json.hpp"

namespace townd::engine {
namespace {

// `agent/<rig>/<role>/<name>`, taken apart; false for the container's key.
bool read_key(std::string_view key, breaker_entry& entry) {
    if (!key.starts_with("agent/")) return false;
    key.remove_prefix(6);
    const auto rig_end = key.find('/');
    if (rig_end == std::string_view::npos) return false;
    const auto role_end = key.find('/', rig_end + 1);
    if (role_end == std::string_view::npos) return false;
    entry.scope = breaker_scope::agent;
    const auto rig = key.substr(0, rig_end);
    if (rig != "-") entry.rig = std::string{rig};
    entry.role = parse_agent_role(key.substr(rig_end + 1, role_end - rig_end - 1));
    entry.agent_name = key.substr(role_end + 1);
    return entry.role.has_value();
}

}  // namespace

store::town_store::stored_breaker to_row(const std::string& key, const breaker_entry& entry) {
    const saved_breaker s = entry.state.saved();
    json out;
    out["state"] = to_text(s.state);
    out["generation"] = s.generation;
    out["level"] = s.level;
    out["consecutive"] = s.consecutive;
    out["retry_at"] = unix_ms(s.retry_at);
    out["opened_at"] = unix_ms(s.opened_at);
    out["forced_until"] = unix_ms(s.forced_until);
    out["rule"] = static_cast<int>(s.rule);
    out["cause"] = entry.cause;
    out["changed_at"] = unix_ms(entry.changed_at);
    return {key, dump_json(out)};
}

void put_row(breaker_set& into, const store::town_store::stored_breaker& row, instant now,
             double draw, const breaker_policies& policy) {
    breaker_entry entry;
    entry.touched_at = now;
    const bool container = row.key == breaker_set::container_key();
    if (!container && !read_key(row.key, entry)) return;  // A scope of another version.
    const auto& rules = container ? policy.container : policy.agent;
    const auto parsed = parse_json(row.state_json);
    const auto state =
        parsed ? parse_breaker_state(text_at(*parsed, "state").value_or("")) : std::nullopt;
    const auto generation = parsed ? number_at(*parsed, "generation") : std::nullopt;
    if (!state || !generation) {
        entry.state = breaker::unreadable(now, draw);
        entry.cause = "internal: its stored state could not be read";
        entry.changed_at = now;
        into.put(row.key, std::move(entry));
        return;
    }
    const auto number = [&](const char* key) { return number_at(*parsed, key).value_or(0); };
    saved_breaker saved;
    saved.state = *state;
    saved.generation = static_cast<std::uint64_t>(std::max<std::int64_t>(1, *generation));
    saved.level = static_cast<int>(std::clamp<std::int64_t>(number("level"), 0, 20));
    saved.consecutive = static_cast<int>(std::clamp<std::int64_t>(number("consecutive"), 0, 1000));
    saved.retry_at = from_unix_ms(number("retry_at"));
    saved.opened_at = from_unix_ms(number("opened_at"));
    saved.forced_until = from_unix_ms(number("forced_until"));
    saved.rule = static_cast<trip_rule>(
        std::clamp<std::int64_t>(number("rule"), 0, static_cast<std::int64_t>(trip_rule::forced)));
    entry.cause = text_at(*parsed, "cause").value_or("");
    entry.changed_at = from_unix_ms(number("changed_at"));
    entry.state = breaker::restored(saved, now, draw, rules);
    into.put(row.key, std::move(entry));
}

}  // namespace townd::engine
