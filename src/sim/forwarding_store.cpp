#include "sim/forwarding_store.hpp"

namespace townd::sim {

using namespace store;  // Only names of rows.

auto forwarding_store::begin() -> void {
    inner_->begin();
}

auto forwarding_store::commit() -> result<void> {
    return inner_->commit();
}

auto forwarding_store::rollback() -> void {
    inner_->rollback();
}

auto forwarding_store::savepoint() -> void {
    inner_->savepoint();
}

auto forwarding_store::release() -> void {
    inner_->release();
}

auto forwarding_store::rollback_to() -> void {
    inner_->rollback_to();
}

auto forwarding_store::failed() const noexcept -> const std::optional<failure>& {
    return inner_->failed();
}

auto forwarding_store::broken() const noexcept -> bool {
    return inner_->broken();
}

auto forwarding_store::changed() const noexcept -> bool {
    return inner_->changed();
}

auto forwarding_store::fail(failure why) -> void {
    inner_->fail(why);
}

auto forwarding_store::meta() -> town_meta {
    return inner_->meta();
}

auto forwarding_store::put_meta(const town_meta& meta) -> void {
    inner_->put_meta(meta);
}

auto forwarding_store::value(std::string_view key) -> std::optional<std::string> {
    return inner_->value(key);
}

auto forwarding_store::put_value(std::string_view key, std::string_view text) -> void {
    inner_->put_value(key, text);
}

auto forwarding_store::erase_value(std::string_view key) -> void {
    inner_->erase_value(key);
}

auto forwarding_store::prune_history(instant before, int rows_max) -> int {
    return inner_->prune_history(before, rows_max);
}

auto forwarding_store::bytes() -> std::int64_t {
    return inner_->bytes();
}

auto forwarding_store::load_live() -> live_rows {
    return inner_->load_live();
}

auto forwarding_store::count_issues() -> bead_counts {
    return inner_->count_issues();
}

auto forwarding_store::rigs() -> std::vector<rig> {
    return inner_->rigs();
}

auto forwarding_store::find_rig(std::string_view id) -> std::optional<rig> {
    return inner_->find_rig(id);
}

auto forwarding_store::insert_rig(const rig& r) -> void {
    inner_->insert_rig(r);
}

auto forwarding_store::put_rig(const rig& r) -> void {
    inner_->put_rig(r);
}

auto forwarding_store::delete_rig(std::string_view id) -> void {
    inner_->delete_rig(id);
}

auto forwarding_store::find_bead(std::string_view id) -> std::optional<bead> {
    return inner_->find_bead(id);
}

auto forwarding_store::list_beads(const bead_filter& filter) -> std::vector<bead> {
    return inner_->list_beads(filter);
}

auto forwarding_store::insert_bead(const bead& b) -> void {
    inner_->insert_bead(b);
}

auto forwarding_store::put_bead(const bead& b) -> void {
    inner_->put_bead(b);
}

auto forwarding_store::delete_bead(std::string_view id) -> void {
    inner_->delete_bead(id);
}

auto forwarding_store::add_dependency(const dependency& d) -> void {
    inner_->add_dependency(d);
}

auto forwarding_store::dependencies_of(std::string_view bead) -> std::vector<dependency> {
    return inner_->dependencies_of(bead);
}

auto forwarding_store::add_bead_event(const bead_event& e) -> void {
    inner_->add_bead_event(e);
}

auto forwarding_store::bead_events(std::optional<instant> since, std::optional<bead_id> bead,
                                   int limit) -> std::vector<bead_event> {
    return inner_->bead_events(std::move(since), std::move(bead), limit);
}

auto forwarding_store::find_agent(std::string_view id) -> std::optional<agent> {
    return inner_->find_agent(id);
}

auto forwarding_store::agents() -> std::vector<agent> {
    return inner_->agents();
}

auto forwarding_store::insert_agent(const agent& a) -> void {
    inner_->insert_agent(a);
}

auto forwarding_store::put_agent(const agent& a) -> void {
    inner_->put_agent(a);
}

auto forwarding_store::delete_agent(std::string_view id) -> void {
    inner_->delete_agent(id);
}

auto forwarding_store::add_agent_event(std::string_view agent, std::string_view type,
                                       std::string_view data_json, instant at) -> void {
    inner_->add_agent_event(agent, type, data_json, at);
}

auto forwarding_store::agent_events(std::string_view agent, int limit) -> std::vector<agent_event> {
    return inner_->agent_events(agent, limit);
}

auto forwarding_store::add_nudge(const nudge& n) -> void {
    inner_->add_nudge(n);
}

auto forwarding_store::pending_nudges(std::string_view agent, instant now) -> std::vector<nudge> {
    return inner_->pending_nudges(agent, now);
}

auto forwarding_store::nudge_delivered(std::string_view id, instant at) -> void {
    inner_->nudge_delivered(id, at);
}

auto forwarding_store::insert_review(const review& r) -> void {
    inner_->insert_review(r);
}

auto forwarding_store::find_review(std::string_view id) -> std::optional<review> {
    return inner_->find_review(id);
}

auto forwarding_store::put_review(const review& r) -> void {
    inner_->put_review(r);
}

auto forwarding_store::reviews_of(std::string_view source) -> std::vector<review_link> {
    return inner_->reviews_of(source);
}

auto forwarding_store::put_escalation(const escalation& e) -> void {
    inner_->put_escalation(e);
}

auto forwarding_store::find_escalation(std::string_view id) -> std::optional<escalation> {
    return inner_->find_escalation(id);
}

auto forwarding_store::put_convoy(const convoy& c) -> void {
    inner_->put_convoy(c);
}

auto forwarding_store::find_convoy(std::string_view id) -> std::optional<convoy> {
    return inner_->find_convoy(id);
}

auto forwarding_store::dependents_of(std::string_view bead, std::string_view type)
    -> std::vector<bead_id> {
    return inner_->dependents_of(bead, type);
}

auto forwarding_store::add_town_event(std::string_view id, std::string_view type,
                                      const std::optional<agent_id>& agent,
                                      const std::optional<bead_id>& bead,
                                      std::string_view payload_json, instant at, bool processed)
    -> void {
    inner_->add_town_event(id, type, agent, bead, payload_json, at, processed);
}

auto forwarding_store::pending_town_events(int limit) -> std::vector<town_event> {
    return inner_->pending_town_events(limit);
}

auto forwarding_store::town_event_done(std::string_view id, instant at) -> void {
    inner_->town_event_done(id, at);
}

auto forwarding_store::town_event_failed(std::string_view id, std::string_view error, instant at)
    -> int {
    return inner_->town_event_failed(id, error, at);
}

auto forwarding_store::poison_events() -> std::vector<poison_event> {
    return inner_->poison_events();
}

auto forwarding_store::insert_dispatch(const dispatch& d) -> void {
    inner_->insert_dispatch(d);
}

auto forwarding_store::put_dispatch(const dispatch& d) -> void {
    inner_->put_dispatch(d);
}

auto forwarding_store::find_dispatch(std::string_view id) -> std::optional<dispatch> {
    return inner_->find_dispatch(id);
}

auto forwarding_store::list_dispatches(const dispatch_filter& filter) -> std::vector<dispatch> {
    return inner_->list_dispatches(filter);
}

auto forwarding_store::add_failure(std::string_view bead, agent_role role, const kept_failure& f)
    -> void {
    inner_->add_failure(bead, role, f);
}

auto forwarding_store::failures(std::string_view bead) -> std::vector<kept_failure> {
    return inner_->failures(bead);
}

auto forwarding_store::error_groups() -> std::vector<error_group> {
    return inner_->error_groups();
}

auto forwarding_store::put_stop(const stop_order& s) -> void {
    inner_->put_stop(s);
}

auto forwarding_store::find_stop(std::string_view agent) -> std::optional<stop_order> {
    return inner_->find_stop(agent);
}

auto forwarding_store::delete_stop(std::string_view agent) -> void {
    inner_->delete_stop(agent);
}

auto forwarding_store::breakers() -> std::vector<stored_breaker> {
    return inner_->breakers();
}

auto forwarding_store::put_breaker(const stored_breaker& b) -> void {
    inner_->put_breaker(b);
}

auto forwarding_store::delete_breaker(std::string_view key) -> void {
    inner_->delete_breaker(key);
}

}  // namespace townd::sim
