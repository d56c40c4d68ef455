#include "engine/breaker_rows.hpp"

#include <algorithm>

#include "json/json.hpp"

namespace townd::engine {
namespace {

json cause_json(const doubt_cause& why) {
    json out;
    out["code"] = why.code;
    out["status"] = why.http_status;
    out["phase"] = why.phase;
    out["whole"] = why.whole;
    out["local"] = why.local;
    out["words"] = why.words;
    return out;
}

doubt_cause read_cause(const json& from) {
    doubt_cause out;
    out.code = cut_text(text_at(from, "code").value_or("unknown"), 40);
    out.http_status =
        static_cast<int>(std::clamp<std::int64_t>(number_at(from, "status").value_or(0), 0, 999));
    out.phase = cut_text(text_at(from, "phase").value_or(""), 40);
    out.whole = from.value("whole", json(false)) == json(true);
    out.local = from.value("local", json(false)) == json(true);
    out.words = cut_text(text_at(from, "words").value_or(""), 256);
    return out;
}

json evidence_json(const standing& known) {
    const standing::saved s = known.save();
    json doubts = json::array();
    for (const auto& d : s.doubts) {
        json one;
        one["failures"] = d.failures;
        one["unlike"] = d.unlike;
        one["successes"] = d.successes;
        one["soft"] = d.soft;
        one["since"] = unix_ms(d.since);
        one["newest"] = unix_ms(d.newest);
        one["bead"] = d.bead;
        one["why"] = cause_json(d.why);
        doubts.push_back(std::move(one));
    }
    json charges = json::array();
    for (const auto& c : s.charges)
        charges.push_back({c.attempt, c.bead, unix_ms(c.at)});
    json out;
    out["doubts"] = std::move(doubts);
    out["success"] = {unix_ms(s.success[0]), unix_ms(s.success[1]), unix_ms(s.success[2])};
    out["failures"] = s.failures;
    out["relapses"] = s.relapses;
    out["newest"] = static_cast<int>(s.newest);
    out["last_failure"] = unix_ms(s.last_failure);
    out["last_try"] = unix_ms(s.last_try);
    out["next_try"] = unix_ms(s.next_try);
    out["asked_until"] = unix_ms(s.asked_until);
    out["let_go"] = unix_ms(s.let_go);
    out["generation"] = s.generation;
    out["charges"] = std::move(charges);
    return out;
}

std::vector<provisional_charge> read_charges(const json& from) {
    std::vector<provisional_charge> out;
    if (!from.is_array()) return out;
    for (const auto& each : from)
        if (each.is_array() && each.size() == 3 && each[0].is_string() && each[1].is_string() &&
            each[2].is_number_integer())
            out.push_back({each[0].get<std::string>(), each[1].get<std::string>(),
                           from_unix_ms(each[2].get<std::int64_t>())});
    return out;
}

standing read_evidence(const json& from, instant now, const retry_policy& policy) {
    standing::saved s;
    const auto number = [](const json& in, const char* key) {
        return number_at(in, key).value_or(0);
    };
    const auto doubts = from.find("doubts");
    if (doubts != from.end() && doubts->is_array())
        for (std::size_t i = 0; i < std::min<std::size_t>(stage_count, doubts->size()); ++i) {
            const json& d = (*doubts)[i];
            if (!d.is_object()) continue;
            s.doubts[i] = {static_cast<int>(number(d, "failures")),
                           static_cast<int>(number(d, "unlike")),
                           static_cast<int>(number(d, "successes")),
                           d.value("soft", json(false)) == json(true),
                           from_unix_ms(number(d, "since")),
                           from_unix_ms(number(d, "newest")),
                           text_at(d, "bead").value_or(""),
                           read_cause(d.value("why", json::object()))};
        }
    const auto success = from.find("success");
    if (success != from.end() && success->is_array() && success->size() == stage_count)
        for (std::size_t i = 0; i < stage_count; ++i)
            if ((*success)[i].is_number_integer())
                s.success[i] = from_unix_ms((*success)[i].get<std::int64_t>());
    s.failures = static_cast<int>(number(from, "failures"));
    s.relapses = static_cast<int>(number(from, "relapses"));
    s.newest = static_cast<stage>(std::clamp<std::int64_t>(number(from, "newest"), 0, 2));
    s.last_failure = from_unix_ms(number(from, "last_failure"));
    s.last_try = from_unix_ms(number(from, "last_try"));
    s.next_try = from_unix_ms(number(from, "next_try"));
    s.asked_until = from_unix_ms(number(from, "asked_until"));
    s.let_go = from_unix_ms(number(from, "let_go"));
    s.generation =
        static_cast<std::uint64_t>(std::max<std::int64_t>(1, number(from, "generation")));
    s.charges = read_charges(from.value("charges", json::array()));
    return standing::restored(std::move(s), now, policy);
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
    if (entry.scope == breaker_scope::place) out["evidence"] = evidence_json(entry.known);
    return {key, dump_json(out)};
}

void put_row(breaker_set& into, const store::town_store::stored_breaker& row, instant now,
             double draw, const policy& policies) {
    auto known = breaker_set::entry_of(row.key);
    if (!known) return;  // A scope of another version: what it knew is found out anew.
    breaker_entry& entry = *known;
    entry.touched_at = now;
    const auto& rules = policies.breaker.agent;
    const auto parsed = parse_json(row.state_json);
    const auto state =
        parsed ? parse_breaker_state(text_at(*parsed, "state").value_or("")) : std::nullopt;
    const auto generation = parsed ? number_at(*parsed, "generation") : std::nullopt;
    if (!state || !generation) {
        // What a place was is found out by its next start; an agent's breaker is cautious.
        if (entry.scope == breaker_scope::agent) entry.state = breaker::unreadable(now, draw);
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
        std::clamp<std::int64_t>(number("rule"), 0, static_cast<std::int64_t>(trip_rule::done)));
    entry.cause = text_at(*parsed, "cause").value_or("");
    entry.changed_at = from_unix_ms(number("changed_at"));
    entry.state = breaker::restored(saved, now, draw, rules);
    if (const auto evidence = parsed->find("evidence");
        evidence != parsed->end() && evidence->is_object())
        entry.known = read_evidence(*evidence, now, policies.retry);
    into.put(row.key, std::move(entry));
}

}  // namespace townd::engine
