#include "ctl/output.hpp"
#include "ctl/reads.hpp"
#include "ctl/views.hpp"
#include "townd/words/exit_codes.hpp"

namespace townd::ctl {
namespace {

using lines = std::vector<std::pair<std::string, std::string>>;
using shower = std::function<std::string(const json&, const screen&)>;

int show(session& of, const std::string& target, const std::string& name, const shower& people) {
    const auto got = of.get(target);
    return got ? show_object(of, *got, name, people) : of.fail(got.error());
}

std::string with_age(const json& of, const std::string& what) {
    const auto at = cell(of, what + "_at");
    const auto age = span_cell(member(of, what + "_age_seconds"));
    return at == "-" || age == "-" ? at : at + " (" + age + " ago)";
}

std::string with_time_left(const json& of, const std::string& what) {
    const auto at = cell(of, what + "_at");
    const auto left = span_cell(member(of, what + "_in_seconds"));
    return at == "-" || left == "-" ? at : at + " (in " + left + ")";
}

std::string counts(const json& object) {
    std::string out;
    if (!object.is_object()) return "-";
    for (const auto& [name, value] : object.items())
        if (value.is_number() && value != 0)
            out += (out.empty() ? "" : ", ") + dump_json(value) + " " + clean_text(name, 60);
    return out.empty() ? "none" : out;
}

std::string error_text(const json& error) {
    if (!error.is_object()) return "-";
    std::string out =
        cell(error, "code") + " in " + cell(error, "phase") + ": " + cell(error, "message");
    if (const auto status = cell(error, "http_status"); status != "-")
        out += " (HTTP " + status + ")";
    return out;
}

std::string town_text(const json& t, const screen& on) {
    std::string out =
        described({{"Town", cell(t, "town")},
                   {"Name", cell(t, "name")},
                   {"Owner", cell(t, "owner")},
                   {"State", cell(t, "state")},
                   {"Problem", cell(t, "problem")},
                   {"Since", cell(t, "problem_since")},
                   {"Beads", counts(member(t, "beads"))},
                   {"Agents at work", cell(t, "agents_working")},
                   {"Starts in flight", cell(t, "starts_in_flight")},
                   {"Waiting", counts(member(t, "waiting.by_reason"))},
                   {"Oldest waits", span_cell(member(t, "waiting.oldest_age_seconds"))},
                   {"Last start", with_age(t, "last_success")},
                   {"Last tick", with_age(t, "last_tick")},
                   {"Next tick", with_time_left(t, "next_tick")}},
                  on);
    out += block("Breakers", member(t, "detail.breakers"), breakers_view.columns, on);
    out += block("Errors", member(t, "error_groups"), errors_view.columns, on);
    out += block("Agents", member(t, "detail.agents"),
                 {{"AGENT", "name"},
                  {"ROLE", "role"},
                  {"STATUS", "status"},
                  {"BEAD", "current_hook_bead_id"},
                  {"SEEN", "last_activity_age_seconds", shape::age},
                  {"BREAKER", "breaker_state", shape::state}},
                 on);
    out += block("Beads", member(t, "detail.beads"),
                 {{"BEAD", "bead_id"},
                  {"STATUS", "status"},
                  {"ATTEMPTS", "dispatch_attempts"},
                  {"NEXT", "next_attempt_in_seconds", shape::ahead},
                  {"TITLE", "title"},
                  {"REASON", "reason"}},
                 on);
    out += block("Last attempts", member(t, "detail.attempts"),
                 {{"ATTEMPT", "id"},
                  {"AGE", "started_age_seconds", shape::age},
                  {"ROLE", "role"},
                  {"BEAD", "bead"},
                  {"OUTCOME", "outcome", shape::state},
                  {"MESSAGE", "error.message"}},
                 on);
    return out;
}

std::string bead_text(const json& b, const screen& on) {
    const std::string attempts =
        cell(b, "dispatch_attempts") + " of " + cell(b, "max_attempts") + " charged";
    std::string out = described({{"Bead", cell(b, "bead_id")},
                                 {"Town", cell(b, "town")},
                                 {"Title", cell(b, "title")},
                                 {"Type", cell(b, "type")},
                                 {"Status", cell(b, "status")},
                                 {"Priority", cell(b, "priority")},
                                 {"Rig", cell(b, "rig_id")},
                                 {"Assignee", cell(b, "assignee")},
                                 {"Labels", cell(b, "labels")},
                                 {"Attempts", attempts},
                                 {"Next attempt", with_time_left(b, "next_attempt")},
                                 {"Waits because", cell(b, "reason")},
                                 {"Last error", error_text(member(b, "last_error"))},
                                 {"Created", with_age(b, "created")},
                                 {"Updated", with_age(b, "updated")},
                                 {"Closed", with_age(b, "closed")}},
                                on);
    out += block("Blocked by", member(b, "blocked_by"),
                 {{"BEAD", "bead"}, {"STATUS", "status"}, {"HOLDS", "holds"}}, on);
    out += block("Failures", member(b, "failures"),
                 {{"AGO", "age_seconds", shape::age},
                  {"N", "attempt"},
                  {"AGENT", "agent"},
                  {"CODE", "code"},
                  {"PHASE", "phase"},
                  {"MESSAGE", "message"}},
                 on);
    out += block("Attempts", member(b, "attempts"), attempts_view.columns, on);
    out += block("Gates", member(b, "explain.gates"),
                 {{"GATE", "gate"}, {"PASSED", "passed"}, {"DETAIL", "detail"}}, on);
    return out;
}

std::string attempt_text(const json& a, const screen& on) {
    const json& e = member(a, "error");
    std::string out = described({{"Attempt", cell(a, "id")},
                                 {"Town", cell(a, "town")},
                                 {"Role", cell(a, "role")},
                                 {"Agent", cell(a, "agent")},
                                 {"Bead", cell(a, "bead")},
                                 {"Number", cell(a, "attempt")},
                                 {"Outcome", cell(a, "outcome")},
                                 {"State", cell(a, "state")},
                                 {"Started", with_age(a, "started")},
                                 {"Took", span_cell(member(a, "duration_seconds"))},
                                 {"First heartbeat", cell(a, "first_heartbeat_at")},
                                 {"Ended", with_age(a, "ended")},
                                 {"Ended because", cell(a, "end_reason")},
                                 {"Error", error_text(e)},
                                 {"Blame", cell(e, "blame")},
                                 {"Charged to", cell(e, "level")},
                                 {"Endpoint", cell(e, "endpoint")},
                                 {"Answer", cell(e, "body_excerpt")},
                                 {"Advice", cell(e, "action")},
                                 {"Retry after", span_cell(member(e, "retry_after_seconds"))},
                                 {"Error group", cell(e, "fingerprint")},
                                 {"Trace", cell(a, "trace_id")}},
                                on);
    out += block("Phases", member(a, "phases"),
                 {{"PHASE", "name"}, {"TOOK", "seconds", shape::age}, {"FAILED", "failed"}}, on);
    out += block("Admitted by", member(a, "breakers"),
                 {{"BREAKER", "key"}, {"GENERATION", "generation"}, {"PROBE", "probe"}}, on);
    return out;
}

std::string breaker_text(const json& b, const screen& on) {
    std::string out = described({{"Breaker", cell(b, "key")},
                                 {"State", cell(b, "state")},
                                 {"Cause", cell(b, "cause")},
                                 {"Opened", with_age(b, "opened")},
                                 {"Opened by", cell(b, "opened_by")},
                                 {"Next try", with_time_left(b, "retry")},
                                 {"Forced until", with_time_left(b, "force_ends")},
                                 {"Stage", cell(b, "stage_words")},
                                 {"Failures in a row", cell(b, "consecutive_failures")},
                                 {"Last answered", with_age(member(b, "last_success"), "answered")},
                                 {"Last survived", with_age(member(b, "last_success"), "survived")},
                                 {"Last done", with_age(member(b, "last_success"), "done")},
                                 {"Level", cell(b, "level")},
                                 {"Rule", cell(b, "rule")},
                                 {"Probe in flight", cell(b, "probe_in_flight")},
                                 {"Changed", with_age(b, "changed")}},
                                on);
    return out + block("History", member(b, "transitions"),
                       {{"AT", "at", shape::clock},
                        {"FROM", "from", shape::state},
                        {"TO", "to", shape::state},
                        {"CAUSE", "cause"}},
                       on);
}

std::string error_page_text(const json& e, const screen& on) {
    std::string out = described({{"Error", cell(e, "fingerprint")},
                                 {"Code", cell(e, "code")},
                                 {"Phase", cell(e, "phase")},
                                 {"Role", cell(e, "role")},
                                 {"Message", cell(e, "message")},
                                 {"Towns", cell(e, "towns")},
                                 {"Count", cell(e, "count")},
                                 {"First", with_age(e, "first")},
                                 {"Last", with_age(e, "last")},
                                 {"In towns", cell(e, "sample_towns")}},
                                on);
    out += block("Samples", member(e, "samples"),
                 {{"ATTEMPT", "id"},
                  {"AGE", "started_age_seconds", shape::age},
                  {"TOWN", "town"},
                  {"AGENT", "agent"},
                  {"BEAD", "bead"},
                  {"N", "attempt"},
                  {"MESSAGE", "error.message"}},
                 on);
    return out + block("Towns", member(e, "affected_towns"),
                       {{"TOWN", "town"},
                        {"NAME", "name"},
                        {"COUNT", "count"},
                        {"LAST", "last_age_seconds", shape::age}},
                       on);
}

std::string outage_text(const json& o, const screen& on) {
    return described(
        {{"Outage", cell(o, "id")},
         {"Role", cell(o, "role")},
         {"Fails", cell(o, "stage_words")},
         {"Cause", cell(o, "cause")},
         {"Elsewhere", cell(o, "other_cause")},
         {"Phase", cell(o, "phase")},
         {"Opened", with_age(o, "opened")},
         {"Closed", with_age(o, "closed")},
         {"Towns", cell(o, "towns") + " now, " + cell(o, "towns_peak") + " at most"},
         {"Next probe", with_time_left(o, "next_probe")},
         {"Probes", cell(o, "probes_sent") + " sent, " + cell(o, "probes_failed") + " failed"},
         {"Last probe", cell(o, "last_probe")},
         {"Last success", with_age(o, "last_success")},
         {"Recovery sweep", cell(o, "swept") + " had their quick try"},
         {"Only observed", cell(o, "observe_only")}},
        on);
}

std::string explain_text(const json& e, const screen& on) {
    std::string out = cell(e, "reason") + ": " + cell(e, "detail") + "\n";
    return out + block("Gates in order", member(e, "gates"), gates_view.columns, on);
}

// What is shown of one thing of a list that has no route of its own.
outcome<answer> only_item(session& of, const std::string& target, const char* key,
                          const std::string& wanted, const std::string& what) {
    auto list = of.get(target);
    if (!list) return list;
    for (auto& each : list->value["items"])
        if (cell(each, key) == wanted) {
            json found = std::move(each);
            return answer{dump_json(found), std::move(found)};
        }
    return trouble{exit_not_found, what + " '" + clean_text(wanted, 100) + "' is not known", {}};
}

}  // namespace

int show_town(session& of, const std::string& town) {
    const auto id = of.town(town);
    if (!id) return of.fail(id.error());
    return show(of, "/debug/v1/towns/" + escaped(*id), *id, town_text);
}

int show_bead(session& of, const std::string& town, const std::string& bead) {
    const auto id = of.town(town);
    if (!id) return of.fail(id.error());
    return show(of, "/debug/v1/beads/" + escaped(*id) + "/" + escaped(bead), *id + "/" + bead,
                bead_text);
}

int show_breaker(session& of, const std::string& town, const std::string& key) {
    const auto id = of.town(town);
    if (!id) return of.fail(id.error());
    const std::string name = *id + "/" + key;
    const auto got =
        only_item(of, "/debug/v1/breakers?key=" + escaped(name), "key", name, "the breaker");
    return got ? show_object(of, *got, name, breaker_text) : of.fail(got.error());
}

int show_error(session& of, const std::string& fingerprint) {
    auto got = of.get("/debug/v1/errors/" + escaped(fingerprint));
    if (!got && got.error().code == exit_not_found)
        got = only_item(of, "/debug/v1/errors?fingerprint=" + escaped(fingerprint), "fingerprint",
                        fingerprint, "the error");
    return got ? show_object(of, *got, fingerprint, error_page_text) : of.fail(got.error());
}

int show_attempt(session& of, const std::string& id, const std::string& town) {
    std::string target = "/debug/v1/attempts/" + escaped(id);
    if (!town.empty()) {
        const auto in = of.town(town);
        if (!in) return of.fail(in.error());
        target += "?town=" + escaped(*in);
    }
    return show(of, target, id, attempt_text);
}

int show_outage(session& of, const std::string& id) {
    auto got = of.get("/debug/v1/outages/" + escaped(id));
    if (!got && got.error().code == exit_not_found)
        got = only_item(of, "/debug/v1/outages", "id", id, "the outage");
    return got ? show_object(of, *got, id, outage_text) : of.fail(got.error());
}

int explain(session& of, const std::string& town, const std::string& bead) {
    const auto id = of.town(town);
    if (!id) return of.fail(id.error());
    if (!bead.empty())
        return show(of, "/debug/v1/explain?town=" + escaped(*id) + "&bead=" + escaped(bead), bead,
                    explain_text);
    const auto open = of.get("/debug/v1/towns/" + escaped(*id) + "/beads?status=open&limit=20");
    if (!open) return of.fail(open.error());
    json items = json::array();
    for (const auto& each : open->value["items"]) {
        if (cell(each, "type") == "agent") continue;  // No work.
        const auto why = of.get("/debug/v1/explain?town=" + escaped(*id) +
                                "&bead=" + escaped(cell(each, "bead_id")));
        if (!why && why.error().code == exit_not_found) continue;  // It went meanwhile.
        if (!why) return of.fail(why.error());
        items.push_back(why->value);
    }
    const json all{{"items", std::move(items)}, {"page", open->value["page"]}};
    static const view waits{{"town", "bead"},
                            {{"BEAD", "bead"},
                             {"DISPATCHABLE", "dispatchable"},
                             {"REASON", "reason"},
                             {"DETAIL", "detail"}},
                            "No bead of the town is open."};
    return show_list(of, {dump_json(all), all}, waits);
}

int dry_run(session& of, const std::string& town) {
    const auto id = of.town(town);
    if (!id) return of.fail(id.error());
    const auto got = of.post("/debug/towns/" + escaped(*id) + "/reconcile-dry-run", json::object());
    if (!got) return of.fail(got.error());
    const json& actions = member(got->value, "actions");
    show_object(of, *got, *id, [&](const json&, const screen& on) {
        if (actions.empty()) return std::string{"The next tick would do nothing.\n"};
        return block("The next tick would", actions,
                     {{"ACTION", "type"},
                      {"BEAD", "bead_id"},
                      {"ROLE", "role"},
                      {"AGENT", "agent_name"},
                      {"RIG", "rig_id"},
                      {"TO", "to"},
                      {"REASON", "reason"}},
                     on)
            .substr(1);
    });
    return actions.empty() ? exit_ok : exit_would_change;
}

int doctor(session& of) {
    const auto got = of.get("/debug/v1/doctor");
    if (!got) return of.fail(got.error());
    bool failed = false;
    json shown = got->value;
    json& items = shown[shown.contains("items") ? "items" : "checks"];
    for (const auto& each : items)
        failed = failed || cell(each, "status") == "fail";
    show_list(of, {got->text, json{{"items", items}}}, checks_view);
    return failed ? exit_failed : exit_ok;
}

int version(session& of, const std::string& own) {
    print("townctl " + own);
    const auto got = of.get("/version");
    if (!got) return of.fail(got.error());
    return show_object(of, *got, cell(got->value, "version"), [](const json& v, const screen&) {
        return "townd " + cell(v, "version") + ", revision " + cell(v, "revision") + ", built " +
               cell(v, "build_date");
    });
}

}  // namespace townd::ctl
