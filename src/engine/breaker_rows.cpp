#include "engine/breaker_rows.hpp"

#include <algorithm>

#include "json/json.hpp"

namespace townd::engine {
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
    auto known = breaker_set::entry_of(row.key);
    if (!known) return;  // A scope of another version.
    breaker_entry& entry = *known;
    entry.touched_at = now;
    const auto& rules = entry.scope == breaker_scope::container ? policy.container
                        : entry.scope == breaker_scope::agent   ? policy.agent
                                                                : policy.role;
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
    saved.rule = static_cast<trip_rule>(std::clamp<std::int64_t>(
        number("rule"), 0, static_cast<std::int64_t>(trip_rule::agents_lost)));
    entry.cause = text_at(*parsed, "cause").value_or("");
    entry.changed_at = from_unix_ms(number("changed_at"));
    entry.state = breaker::restored(saved, now, draw, rules);
    into.put(row.key, std::move(entry));
}

}  // namespace townd::engine
