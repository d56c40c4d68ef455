// The sentences on how the fleet is: what is wrong and since when, why, whom it leaves alone, what
// is done about it and when it is tried again. The first sentence holds no foreign text.

#include <algorithm>
#include <array>
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

std::string plural(agent_role role) {
    return role == agent_role::refinery ? "refineries" : std::string{to_text(role)} + "s";
}

// A text that others wrote, as the end of a sentence.
std::string sentence_end(std::string_view text) {
    const auto last = text.find_last_not_of(". ");
    return std::string{text.substr(0, last == std::string_view::npos ? 0 : last + 1)} + ". ";
}

std::string cause_code(std::string_view cause) {
    return std::string{cause.substr(0, cause.find(':'))};
}

bool is_bad(const town_summary& town) {
    return town.condition == town_condition::blocked || town.condition == town_condition::degraded;
}

bool is_member(const town_summary& town) {
    return std::any_of(town.outages.begin(), town.outages.end(),
                       [](const std::string& id) { return !id.empty(); });
}

// The fleet, counted once. What an outage tells is not told again.
struct count_of_fleet {
    int working = 0;
    int aside = 0;
    int bad = 0;       // Blocked or degraded, of an outage or not.
    int members = 0;   // Of those, the members of an outage.
    int breakers = 0;  // Of the others: that hold starts back.
    int probing = 0;
    std::optional<instant> since;
    instant next = never;
    std::map<std::string, int> causes;                  // Towns of each, not breakers.
    std::array<int, agent_role_count> failing_towns{};  // Of the others, by role.
    const town_summary* sample = nullptr;
    int well = 0;                                    // Towns of which something succeeded last.
    std::array<int, agent_role_count> well_towns{};  // The same by role.
};

void count_breakers(count_of_fleet& into, const town_summary& town) {
    std::array<bool, agent_role_count> hit{};
    std::map<std::string, int> causes;
    for (const auto& [key, e] : town.breakers) {
        if (!is_open(e)) continue;
        ++(e.state.state() == breaker_state::half_open ? into.probing : into.breakers);
        if (e.state.state() == breaker_state::open)
            into.next = std::min(into.next, e.state.retry_at());
        if (!e.cause.empty()) causes.emplace(cause_code(e.cause), 1);
        if (e.scope == breaker_scope::place && e.known.in_doubt() && e.known.why().whole)
            hit.fill(true);
        else
            hit[index_of(e.role)] = true;
    }
    for (const auto& [code, once] : causes)
        into.causes[code] += once;
    for (const auto role : roles)
        into.failing_towns[index_of(role)] += hit[index_of(role)] ? 1 : 0;
}

count_of_fleet count(const summaries& towns) {
    count_of_fleet out;
    for (const auto& t : towns) {
        if (t->condition == town_condition::dispatching) ++out.working;
        if (t->condition == town_condition::set_aside) {
            ++out.aside;
            continue;
        }
        bool any = false;
        for (const auto role : roles) {
            if (!t->proved[index_of(role)]) continue;
            ++out.well_towns[index_of(role)];
            any = true;
        }
        if (!is_bad(*t)) {
            out.well += any ? 1 : 0;
            continue;
        }
        ++out.bad;
        if (is_member(*t)) {
            ++out.members;
            continue;
        }
        if (out.sample == nullptr) out.sample = t.get();
        if (t->problem_since && (!out.since || *t->problem_since < *out.since))
            out.since = t->problem_since;
        count_breakers(out, *t);
    }
    return out;
}

std::string next_probe_words(instant at, instant now) {
    return at > now && at != never ? "the next goes in " + to_words(at - now)
                                   : std::string{"the next is due"};
}

// Whom an outage hits and since when; then why, and what is done about it.
std::string outage_words(const outage_summary& o, std::size_t towns, instant now) {
    const bool heals = o.phase == outage_phase::recovering && !o.observe_only;
    std::string out = o.observe_only ? "Outage, only observed: "
                      : heals        ? "Dispatch is recovering: "
                                     : "Dispatch is failing: ";
    out += plural(o.role) + " " + std::string{failing_words(o.at)} + " in " +
           std::to_string(o.members) + " of " + counted_words(towns, "town") +
           since_words(o.opened_at, now) + ". One cause: " + sentence_end(o.cause);
    if (!o.other_cause.empty() && o.other_cause != o.cause)
        out += "Elsewhere it reads: " + sentence_end(o.other_cause);
    const std::string success =
        o.last_success ? ", the last success was at " + clock_text(*o.last_success) : "";
    if (o.observe_only) return out + "Every town tries on its own" + success + ". ";
    if (heals)
        return out +
               "A probe succeeded and each town gets one quick try: " + std::to_string(o.swept) +
               " had theirs" + success + ". ";
    out += o.probes_sent == 0 ? std::string{"None was probed yet"}
                              : counted_words(static_cast<std::size_t>(o.probes_sent), "probe") +
                                    " so far, " + std::to_string(o.probes_failed) + " failed";
    return out + ", " + next_probe_words(o.next_probe_at, now) + success + ". ";
}

// ` cannot start a polecat` when that is what all of them have in common.
std::string kept_role(const count_of_fleet& t) {
    std::string out;
    for (const auto role : roles) {
        const int here = t.failing_towns[index_of(role)];
        if (here == 0) continue;
        if (!out.empty() || here < t.bad - t.members) return {};
        out = ", for their " + plural(role);
    }
    return out;
}

// The towns in trouble that no outage speaks of.
std::string impaired_words(const count_of_fleet& t, std::size_t towns, instant now) {
    const auto bad = static_cast<std::size_t>(t.bad - t.members);
    std::string out =
        t.members == 0
            ? "Dispatch is impaired: " + std::to_string(bad) + " of " + counted_words(towns, "town")
            : counted_words(bad, "more town") + (bad == 1 ? " is" : " are") +
                  " impaired for another cause";
    out += kept_role(t);
    if (t.since) out += since_words(*t.since, now);
    out += ". ";
    if (!t.causes.empty()) {
        const auto top = std::max_element(t.causes.begin(), t.causes.end(),
                                          [](auto& a, auto& b) { return a.second < b.second; });
        out += "Main cause: " + top->first;
        if (t.causes.size() > 1)
            out += ", in " + counted_words(static_cast<std::size_t>(top->second), "town");
        out += ". ";
    } else if (t.sample != nullptr) {
        out += sentence_end(t.sample->name + ": " + t.sample->problem);
    }
    return out;
}

// `Not affected: 9 towns, and refineries in 151.` Said only of what succeeded last: of the rest
// nobody knows.
std::string spared_words(const count_of_fleet& t, const outage_board& outages, std::size_t towns) {
    std::string names;
    for (const auto role : roles) {
        const bool in_outage = std::any_of(outages.begin(), outages.end(),
                                           [&](const auto& o) { return o.role == role; });
        const int here = t.well_towns[index_of(role)];
        if (in_outage || here <= t.well) continue;
        names += (names.empty() ? "" : ", ") + plural(role) + " in " +
                 (here == static_cast<int>(towns) ? std::string{"all"} : std::to_string(here));
    }
    if (t.well <= 0 && names.empty()) return {};
    std::string out = "Not affected: ";
    if (t.well > 0) out += counted_words(static_cast<std::size_t>(t.well), "town");
    if (!names.empty()) out += (t.well > 0 ? ", and " : "") + names;
    return out + ". ";
}

std::string action_words(const count_of_fleet& t, instant now) {
    if (t.breakers + t.probing == 0) return {};
    std::string out = counted_words(static_cast<std::size_t>(t.breakers + t.probing), "breaker") +
                      (t.breakers + t.probing == 1 ? " holds" : " hold") + " starts back";
    if (t.probing > 0) out += ", " + std::to_string(t.probing) + " of them probing";
    if (t.next != never)
        out += t.next > now ? "; next probe in " + to_words(t.next - now) : "; a probe is due";
    return out + ". ";
}

}  // namespace

std::string verdict_of(const summaries& towns, const outage_board& outages,
                       const std::string& orders, bool stopping, instant now) {
    const std::string said = orders.empty() ? "" : orders + " ";
    if (stopping) return said + "townd is shutting down: no agent is started.";
    if (towns.empty()) return said + "No towns yet: create one through the API.";
    const count_of_fleet t = count(towns);
    const bool well = t.bad == 0 && outages.empty();
    // What people ordered is told first, unless something fails: that is what they must know.
    std::string out = well ? said : "";
    if (well)
        out += "Dispatch is well: " + counted_words(towns.size(), "town") + ", " +
               std::to_string(t.working) + " at work. ";
    for (const auto& o : outages)
        out += outage_words(o, towns.size(), now);
    if (t.bad > t.members) out += impaired_words(t, towns.size(), now);
    if (!well) out += spared_words(t, outages, towns.size());
    out += action_words(t, now);
    if (t.aside > 0)
        out += counted_words(static_cast<std::size_t>(t.aside), "town") +
               (t.aside == 1 ? " is" : " are") + " set aside: see /debug/towns?state=set_aside. ";
    if (!well) out += said;
    out.pop_back();
    return out;
}

}  // namespace townd::engine
