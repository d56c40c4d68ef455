#pragma once
// The handlers of the API, by resource. Each validates, then works in the town, then answers.

#include "api/call.hpp"

namespace townd::api {

// towns.cpp
void create_town(const face& self, call c);
void list_towns(const face& self, call c);
void show_town(const face& self, call c);
void delete_town(const face& self, call c);

// rigs.cpp
void create_rig(const face& self, call c);
void list_rigs(const face& self, call c);
void show_rig(const face& self, call c);
void delete_rig(const face& self, call c);

// town_config.cpp
void show_config(const face& self, call c);
void patch_config(const face& self, call c);

// beads.cpp
void create_bead(const face& self, call c);
void list_beads(const face& self, call c);
void show_bead(const face& self, call c);
void delete_bead(const face& self, call c);
void change_bead_status(const face& self, call c);
void close_bead(const face& self, call c);
void retry_bead(const face& self, call c);
void sling(const face& self, call c);

// bead_events.cpp
void list_bead_events(const face& self, call c);

// escalations.cpp
void create_escalation(const face& self, call c);
void list_escalations(const face& self, call c);
void acknowledge_escalation(const face& self, call c);

// reviews.cpp
void submit_review(const face& self, call c);
void complete_review(const face& self, call c);

// agents.cpp
void create_agent(const face& self, call c);
void list_agents(const face& self, call c);
void show_agent(const face& self, call c);
void delete_agent(const face& self, call c);
void get_or_create_agent(const face& self, call c);
void hook_agent(const face& self, call c);
void unhook_agent(const face& self, call c);
void prime_agent(const face& self, call c);

// callbacks.cpp
void heartbeat(const face& self, call c);
void old_heartbeat(const face& self, call c);
void agent_done(const face& self, call c);
void agent_completed(const face& self, call c);
void agent_waiting(const face& self, call c);

// agent_notes.cpp
void agent_said(const face& self, call c);
void write_checkpoint(const face& self, call c);
void write_eviction_context(const face& self, call c);
void add_agent_event(const face& self, call c);

// convoys.cpp
void create_convoy(const face& self, call c);
void list_convoys(const face& self, call c);
void show_convoy(const face& self, call c);
void start_convoy(const face& self, call c);
void close_convoy(const face& self, call c);

// triage.cpp
void resolve_triage(const face& self, call c);
void request_changes(const face& self, call c);

// mail.cpp
void send_mail(const face& self, call c);
void read_mail(const face& self, call c);
void list_nudges(const face& self, call c);
void nudge_delivered(const face& self, call c);

// molecules.cpp
void show_molecule(const face& self, call c);
void advance_molecule(const face& self, call c);

// town_events.cpp
void add_town_event(const face& self, call c);

// mayor_tools.cpp
void mayor_sling(const face& self, call c);
void mayor_sling_batch(const face& self, call c);
void mayor_rigs(const face& self, call c);
void mayor_mail(const face& self, call c);
void mayor_nudge(const face& self, call c);
void reassign_bead(const face& self, call c);
void reset_bead(const face& self, call c);
void reset_agent(const face& self, call c);

// container_life.cpp
void begin_eviction(const face& self, call c);
void container_ready(const face& self, call c);
void add_container_event(const face& self, call c);
void show_health(const face& self, call c);
void show_drain(const face& self, call c);
void refresh_container_token(const face& self, call c);

}  // namespace townd::api
