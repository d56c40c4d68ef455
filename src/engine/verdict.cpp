// The sentences on how the fleet is: what is wrong and since when, why, whom it leaves alone, what
// is done about it and when it is tried again. The first sentence holds no foreign text.

#include <algorithm>
#include <array>
#include <functional>
#include <map>

#include "engine/summary.hpp"

namespace townd::engine {
namespace {

using summaries = std::vector<std::shared_ptr<const town_summary>>;

constexpr std::array roles{agent_role::polecat, agent_role::refinery, agent_role::mayor};

bool is_open(const breaker_entry& e) {
    return e.state.state() == breaker_state::open || e.state.state() == breaker_state::half_open ||
           e.state.state() == breaker_state::forced_open;
}

std::string clock_text(instant at) {
    return to_rfc3339(at).substr(11, 8);
}

std::string since_words(instant since, instant now) {
    return " since " + clock_text(since) + " (" + to_words(std::max(duration{0}, now - since)) +
           ")";
}

std::string counted_words(std::size_t count, const char* one) {
    return std::to_string(count) + " " + one + (count == 1 ? "" : "s");
}

// A text that others wrote, as the end of a sentence.
std::string sentence_end(std::string_view text) {
    const auto last = text.find_last_not_of(". ");
    return std::string{text.substr(0, last == std::string_view::npos ? 0 : last + 1)} + ". ";
}

std::string cause_code(std::string_view cause) {
    return std::string{cause.substr(0, cause.find(':'))};
}

// The fleet's trouble, counted once.
struct trouble {
    int working = 0;
    int bad = 0;  // Blocked or degraded.
    int aside = 0;
    int breakers = 0;  // That hold starts back.
    int probing = 0;
    std::optional<instant> since;
    instant next = never;
    std::map<std::string, int> causes;
    std::array<int, agent_role_count> towns_by_role{};  // Where a role cannot start.
    const town_summary* sample = nullptr;
};

void count_breakers(trouble& into, const town_summary& town) {
    std::array<bool, agent_role_count> hit{};
    for (const auto& [key, e] : town.breakers) {
        if (!is_open(e)) continue;
        ++(e.state.state() == breaker_state::half_open ? into.probing : into.breakers);
        if (e.state.state() == breaker_state::open)
            into.next = std::min(into.next, e.state.retry_at());
        if (!e.cause.empty()) ++into.causes[cause_code(e.cause)];
        if (e.scope == breaker_scope::place && e.known.in_doubt() && e.known.why().whole)
            hit.fill(true);
        else
            hit[index_of(e.role)] = true;
    }
    for (const auto role : roles)
        into.towns_by_role[index_of(role)] += hit[index_of(role)] ? 1 : 0;
}

trouble count(const summaries& towns) {
    trouble out;
    for (const auto& t : towns) {
        if (t->condition == town_condition::dispatching) ++out.working;
        if (t->condition == town_condition::set_aside) ++out.aside;
        if (t->condition != town_condition::blocked && t->condition != town_condition::degraded)
            continue;
        ++out.bad;
        if (out.sample == nullptr) out.sample = t.get();
        if (t->problem_since && (!out.since || *t->problem_since < *out.since))
            out.since = t->problem_since;
        count_breakers(out, *t);
    }
    return out;
}

// Whom an outage hits and since when; then why, and what is done about it.
std::string outage_words(const outage_summary& o, std::size_t towns, instant now) {
    const bool heals = o.phase == outage_phase::recovering && !o.observe_only;
    std::string out = o.observe_only ? "Outage, only observed: "
                      : heals        ? "Dispatch is recovering: "
                                     : "Dispatch is failing: ";
    out += std::string{to_text(o.role)} + "s " + std::string{failing_words(o.at)} + " in " +
           std::to_string(o.members) + " of " + counted_words(towns, "town") +
           since_words(o.opened_at, now) + ". One cause: " + sentence_end(o.cause);
    if (!o.other_cause.empty()) out += "Elsewhere it is told as: " + sentence_end(o.other_cause);
    if (o.observe_only) return out + "Every town tries on its own. ";
    if (heals)
        return out + "A probe succeeded; each town gets one quick try: " + std::to_string(o.swept) +
               " had theirs. ";
    out += "townd holds their " + std::string{to_text(o.role)} +
           "s back and lets one probe at a time try: " +
           std::to_string(o.probes_sent - o.probes_failed) + " of " +
           std::to_string(o.probes_sent) + " passed, ";
    return out + (o.next_probe_at > now && o.next_probe_at != never
                      ? "the next goes in " + to_words(o.next_probe_at - now) + ". "
                      : std::string{"the next is due. "});
}

// ` cannot start a polecat` when that is what all of them have in common.
std::string kept_role(const trouble& t) {
    std::string out;
    for (const auto role : roles) {
        if (t.towns_by_role[index_of(role)] == 0) continue;
        if (!out.empty() || t.towns_by_role[index_of(role)] < t.bad) return {};
        out = " cannot start a " + std::string{to_text(role)};
    }
    return out;
}

std::string impaired_words(const trouble& t, std::size_t towns, instant now) {
    std::string out =
        "Dispatch is impaired: " + std::to_string(t.bad) + " of " + counted_words(towns, "town");
    out += kept_role(t);
    if (t.since) out += since_words(*t.since, now);
    out += ". ";
    if (!t.causes.empty()) {
        const auto top = std::max_element(t.causes.begin(), t.causes.end(),
                                          [](auto& a, auto& b) { return a.second < b.second; });
        out += "Main cause: " + top->first + ". ";
    } else if (t.sample != nullptr) {
        out += sentence_end(t.sample->name + ": " + t.sample->problem);
    }
    return out;
}

// `refinery and mayor in all`, `refinery in 15`: the roles that no outage concerns, where they can
// be started.
std::string spared_roles(const trouble& t, const outage_board& outages, int towns) {
    std::map<int, std::string, std::greater<>> by_towns;
    for (const auto role : roles) {
        const bool in_outage = std::any_of(outages.begin(), outages.end(),
                                           [&](const auto& o) { return o.role == role; });
        const int spared = towns - t.aside - t.towns_by_role[index_of(role)];
        if (in_outage || spared <= towns - t.bad - t.aside) continue;
        auto& names = by_towns[spared];
        names += (names.empty() ? "" : " and ") + std::string{to_text(role)};
    }
    std::string out;
    for (const auto& [count, names] : by_towns)
        out += (out.empty() ? "" : ", ") + names + " in " +
               (count == towns ? std::string{"all"} : std::to_string(count));
    return out;
}

// `Not affected: 9 towns, and refinery and mayor in all.`
std::string spared_words(const trouble& t, const outage_board& outages, std::size_t towns) {
    const int well = static_cast<int>(towns) - t.bad - t.aside;
    // Where no breaker says which role it is (a hold, a row), none is named.
    const std::string names = t.causes.empty() && outages.empty()
                                  ? std::string{}
                                  : spared_roles(t, outages, static_cast<int>(towns));
    if (well <= 0 && names.empty()) return {};
    std::string out = "Not affected: ";
    if (well > 0) out += counted_words(static_cast<std::size_t>(well), "town");
    if (!names.empty()) out += (well > 0 ? ", and " : "") + names;
    return out + ". ";
}

std::string action_words(const trouble& t, instant now) {
    if (t.breakers + t.probing == 0) return {};
    std::string out = counted_words(static_cast<std::size_t>(t.breakers + t.probing), "breaker") +
                      (t.breakers + t.probing == 1 ? " holds" : " hold") + " starts back";
    if (t.probing > 0) out += ", " + std::to_string(t.probing) + " of them probing";
    if (t.next != never)
        out += t.next > now ? "; next probe in " + to_words(t.next - now) : "; a probe is due";
    return out + ". ";
}

}  // namespace

std::string verdict_of(const summaries& towns, const outage_board& outages, bool stopping,
                       instant now) {
    if (stopping) return "townd is shutting down: no agent is started.";
    if (towns.empty()) return "No towns yet: create one through the API.";
    const trouble t = count(towns);
    std::string out;
    if (t.bad == 0 && outages.empty())
        out = "Dispatch is well: " + counted_words(towns.size(), "town") + ", " +
              std::to_string(t.working) + " at work. ";
    int members = 0;
    for (const auto& o : outages) {
        out += outage_words(o, towns.size(), now);
        if (!o.observe_only) members += o.members;
    }
    // Members of an outage are impaired by it alone.
    if (members == 0 && t.bad > 0) out += impaired_words(t, towns.size(), now);
    if (members > 0 && t.bad > members)
        out += counted_words(static_cast<std::size_t>(t.bad - members), "more town") +
               (t.bad - members == 1 ? " is" : " are") + " impaired for another cause. ";
    if (t.bad > 0 || !outages.empty()) out += spared_words(t, outages, towns.size());
    if (members == 0) out += action_words(t, now);
    if (t.aside > 0)
        out += counted_words(static_cast<std::size_t>(t.aside), "town") +
               (t.aside == 1 ? " is" : " are") + " set aside: see /debug/towns?state=set_aside. ";
    out.pop_back();
    return out;
}

}  // namespace townd::engine
