#pragma once
// A town store that hands every call on: what stands between the core and a town's file to watch it
// or to plant a fault overrides what it needs.

#include <memory>
#include <utility>

#include "store/town_store.hpp"

namespace townd::sim {

class forwarding_store : public store::town_store {
public:
    explicit forwarding_store(std::unique_ptr<store::town_store> inner)
        : inner_(std::move(inner)) {}

    void begin() override;
    [[nodiscard]] result<void> commit() override;
    void rollback() override;
    void savepoint() override;
    void release() override;
    void rollback_to() override;
    [[nodiscard]] const std::optional<failure>& failed() const noexcept override;
    [[nodiscard]] bool broken() const noexcept override;
    [[nodiscard]] bool changed() const noexcept override;
    void fail(failure why) override;
    [[nodiscard]] store::town_meta meta() override;
    void put_meta(const store::town_meta& meta) override;
    [[nodiscard]] std::optional<std::string> value(std::string_view key) override;
    void put_value(std::string_view key, std::string_view text) override;
    void erase_value(std::string_view key) override;
    [[nodiscard]] live_rows load_live() override;
    [[nodiscard]] store::bead_counts count_issues() override;
    int prune_history(instant before, int rows_max) override;
    [[nodiscard]] std::int64_t bytes() override;
    [[nodiscard]] std::vector<rig> rigs() override;
    [[nodiscard]] std::optional<rig> find_rig(std::string_view id) override;
    void insert_rig(const rig& r) override;
    void put_rig(const rig& r) override;
    void delete_rig(std::string_view id) override;
    [[nodiscard]] std::optional<bead> find_bead(std::string_view id) override;
    [[nodiscard]] std::vector<bead> list_beads(const store::bead_filter& filter) override;
    void insert_bead(const bead& b) override;
    void put_bead(const bead& b) override;
    void delete_bead(std::string_view id) override;
    void add_dependency(const dependency& d) override;
    [[nodiscard]] std::vector<dependency> dependencies_of(std::string_view bead) override;
    void add_bead_event(const store::bead_event& e) override;
    [[nodiscard]] std::vector<store::bead_event> bead_events(std::optional<instant> since,
                                                             std::optional<bead_id> bead,
                                                             int limit) override;
    [[nodiscard]] std::optional<agent> find_agent(std::string_view id) override;
    [[nodiscard]] std::vector<agent> agents() override;
    void insert_agent(const agent& a) override;
    void put_agent(const agent& a) override;
    void delete_agent(std::string_view id) override;
    void add_agent_event(std::string_view agent, std::string_view type, std::string_view data_json,
                         instant at) override;
    [[nodiscard]] std::vector<store::agent_event> agent_events(std::string_view agent,
                                                               int limit) override;
    void add_nudge(const store::nudge& n) override;
    [[nodiscard]] std::vector<store::nudge> pending_nudges(std::string_view agent,
                                                           instant now) override;
    void nudge_delivered(std::string_view id, instant at) override;
    void insert_review(const review& r) override;
    [[nodiscard]] std::optional<review> find_review(std::string_view id) override;
    void put_review(const review& r) override;
    [[nodiscard]] std::vector<review_link> reviews_of(std::string_view source) override;
    void put_escalation(const store::escalation& e) override;
    [[nodiscard]] std::optional<store::escalation> find_escalation(std::string_view id) override;
    void put_convoy(const store::convoy& c) override;
    [[nodiscard]] std::optional<store::convoy> find_convoy(std::string_view id) override;
    [[nodiscard]] std::vector<bead_id> dependents_of(std::string_view bead,
                                                     std::string_view type) override;
    void add_town_event(std::string_view id, std::string_view type,
                        const std::optional<agent_id>& agent, const std::optional<bead_id>& bead,
                        std::string_view payload_json, instant at, bool processed) override;
    [[nodiscard]] std::vector<store::town_event> pending_town_events(int limit) override;
    void town_event_done(std::string_view id, instant at) override;
    int town_event_failed(std::string_view id, std::string_view error, instant at) override;
    [[nodiscard]] std::vector<store::poison_event> poison_events() override;
    void insert_dispatch(const dispatch& d) override;
    void put_dispatch(const dispatch& d) override;
    [[nodiscard]] std::optional<dispatch> find_dispatch(std::string_view id) override;
    [[nodiscard]] std::vector<dispatch> list_dispatches(
        const store::dispatch_filter& filter) override;
    void add_failure(std::string_view bead, agent_role role, const kept_failure& f) override;
    [[nodiscard]] std::vector<kept_failure> failures(std::string_view bead) override;
    [[nodiscard]] std::vector<store::error_group> error_groups() override;
    void put_stop(const stop_order& s) override;
    [[nodiscard]] std::optional<stop_order> find_stop(std::string_view agent) override;
    void delete_stop(std::string_view agent) override;
    [[nodiscard]] std::vector<stored_breaker> breakers() override;
    void put_breaker(const stored_breaker& b) override;
    void delete_breaker(std::string_view key) override;

protected:
    [[nodiscard]] store::town_store& inner() noexcept { return *inner_; }

private:
    std::unique_ptr<store::town_store> inner_;
};

}  // namespace townd::sim
