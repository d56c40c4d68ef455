#include "ctl/views.hpp"

namespace townd::ctl {

using enum shape;

const view towns_view{{"town"},
                      {{"TOWN", "town"},
                       {"NAME", "name"},
                       {"STATE", "state", state},
                       {"OPEN", "beads.open"},
                       {"RUNNING", "agents_working"},
                       {"WAITING", "waiting.total"},
                       {"OLDEST", "waiting.oldest_age_seconds", age},
                       {"FAILED", "beads.failed", text, true},
                       {"OWNER", "owner", text, true},
                       {"LAST TICK", "last_tick_age_seconds", age, true},
                       {"LAST START", "last_success_age_seconds", age, true},
                       {"SINCE", "problem_age_seconds", age},
                       {"PROBLEM", "problem"}},
                      "No town is like that."};

const view beads_view{{"bead_id"},
                      {{"BEAD", "bead_id"},
                       {"TYPE", "type", text, true},
                       {"STATUS", "status"},
                       {"PRIORITY", "priority"},
                       {"RIG", "rig_id", text, true},
                       {"ASSIGNEE", "assignee", text, true},
                       {"ATTEMPTS", "dispatch_attempts"},
                       {"NEXT", "next_attempt_in_seconds", ahead},
                       {"AGE", "created_age_seconds", age},
                       {"TITLE", "title"},
                       {"REASON", "reason"}},
                      "No bead is like that."};

const view waiting_beads_view{{"town", "bead_id"},
                              {{"TOWN", "town"},
                               {"BEAD", "bead_id"},
                               {"ROLE", "role"},
                               {"RIG", "rig_id", text, true},
                               {"AGE", "created_age_seconds", age},
                               {"REASON", "reason"}},
                              "No ready bead waits."};

const view breakers_view{{"key"},
                         {{"BREAKER", "key"},
                          {"STATE", "state", state},
                          {"STAGE", "stage"},
                          {"FAILURES", "consecutive_failures"},
                          {"OPENED", "opened_age_seconds", age},
                          {"NEXT TRY", "retry_in_seconds", ahead},
                          {"FORCED UNTIL", "force_ends_at", clock, true},
                          {"LEVEL", "level", text, true},
                          {"RULE", "rule", text, true},
                          {"CAUSE", "cause"}},
                         "No breaker has anything to remember."};

const view errors_view{{"fingerprint"},
                       {{"ERROR", "fingerprint"},
                        {"CODE", "code"},
                        {"ROLE", "role"},
                        {"PHASE", "phase", text, true},
                        {"TOWNS", "towns"},
                        {"COUNT", "count"},
                        {"FIRST", "first_age_seconds", age},
                        {"LAST", "last_age_seconds", age},
                        {"MESSAGE", "message"}},
                       "No errors are kept."};

const view attempts_view{{"id"},
                         {{"ATTEMPT", "id"},
                          {"AGE", "started_age_seconds", age},
                          {"TOWN", "town", text, true},
                          {"ROLE", "role"},
                          {"AGENT", "agent"},
                          {"BEAD", "bead"},
                          {"N", "attempt"},
                          {"TOOK", "duration_seconds", age},
                          {"OUTCOME", "outcome", state},
                          {"CODE", "error.code"},
                          {"MESSAGE", "error.message"}},
                         "Nothing was tried."};

const view outages_view{{"id"},
                        {{"OUTAGE", "id"},
                         {"ROLE", "role"},
                         {"FAILS", "stage_words"},
                         {"SINCE", "opened_age_seconds", age},
                         {"TOWNS", "towns"},
                         {"PEAK", "towns_peak", text, true},
                         {"NEXT PROBE", "next_probe_in_seconds", ahead},
                         {"PROBES", "probes_sent"},
                         {"FAILED", "probes_failed"},
                         {"SWEPT", "swept", text, true},
                         {"CAUSE", "cause"}},
                        "No outage is open."};

const view overrides_view{{"id"},
                          {{"ORDER", "kind"},
                           {"SCOPE", "scope"},
                           {"TOWN", "town"},
                           {"RIG", "rig", text, true},
                           {"ROLE", "role"},
                           {"BY", "by"},
                           {"ENDS", "expires_in_seconds", ahead},
                           {"RUNNING", "agents_running"},
                           {"STARTING", "starts_in_flight"},
                           {"DRAINED", "drained"},
                           {"REASON", "reason"}},
                          "No orders are in force."};

const view audit_view{{"id"},
                      {{"ID", "id"},
                       {"AT", "at", clock},
                       {"BY", "by"},
                       {"PEER", "peer", text, true},
                       {"VERB", "verb"},
                       {"TARGET", "target"},
                       {"OUTCOME", "outcome"},
                       {"REASON", "reason"}},
                      "Nothing was done here yet."};

const view events_view{{"seq"},
                       {{"SEQ", "seq", text, true},
                        {"AT", "at", clock},
                        {"SEVERITY", "severity", state},
                        {"TYPE", "type"},
                        {"TOWN", "town"},
                        {"ROLE", "role", text, true},
                        {"AGENT", "agent", text, true},
                        {"BEAD", "bead", text, true},
                        {"TEXT", "text"}},
                       "No events are kept."};

const view logs_view{{"at"},
                     {{"AT", "at"},
                      {"LEVEL", "level", state},
                      {"EVENT", "event", text, true},
                      {"TEXT", "text"},
                      {"FIELDS", "fields", text, true}},
                     "No lines are kept."};

const view config_view{{"key"},
                       {{"KEY", "key"}, {"VALUE", "value"}, {"ORIGIN", "origin"}},
                       "No configuration is shown."};

const view checks_view{
    {"id"},
    {{"CHECK", "id"}, {"STATUS", "status", state}, {"TEXT", "text"}, {"FIX", "fix"}},
    "No check was made."};

const view gates_view{{"gate"},
                      {{"GATE", "gate"},
                       {"PASSED", "passed"},
                       {"UNTIL", "until", clock},
                       {"SINCE", "since", clock, true},
                       {"DECIDED BY", "source", text, true},
                       {"DETAIL", "detail"}},
                      "No gate stands in the way."};

}  // namespace townd::ctl
