#pragma once
// The town store over SQLite. One file of definitions for each subject: town.cpp, beads.cpp,
// agents.cpp, reviews.cpp, convoys.cpp, events.cpp, dispatches.cpp, failures.cpp and live.cpp.

#include "store/connection.hpp"
#include "store/town_store.hpp"

namespace townd::store {

class sqlite_town_store final : public town_store {
public:
    explicit sqlite_town_store(SQLite::Database&& database, std::string name)
        : db_(std::move(database), std::move(name)) {}

    void begin() override {
        meta_.reset();
        db_.begin();
    }
    result<void> commit() override { return db_.commit(); }
    void rollback() override {
        meta_.reset();
        db_.rollback();
    }
    void savepoint() override { db_.savepoint(); }
    void release() override { db_.release(); }
    void rollback_to() override {
        meta_.reset();
        db_.rollback_to();
    }
    const std::optional<failure>& failed() const noexcept override { return db_.failed(); }
    bool broken() const noexcept override { return db_.broken(); }
    bool changed() const noexcept override { return db_.changed(); }
    void fail(failure why) override { db_.fail(std::move(why)); }

    town_meta meta() override;
    void put_meta(const town_meta& meta) override;
    std::optional<std::string> value(std::string_view key) override;
    void put_value(std::string_view key, std::string_view text) override;
    void erase_value(std::string_view key) override;
    live_rows load_live() override;
    bead_counts count_issues() override;
    int prune_history(instant before, int rows_max) override;
    std::int64_t bytes() override;

    std::vector<rig> rigs() override;
    std::optional<rig> find_rig(std::string_view id) override;
    void insert_rig(const rig& r) override;
    void put_rig(const rig& r) override;
    void delete_rig(std::string_view id) override;

    std::optional<bead> find_bead(std::string_view id) override;
    std::vector<bead> list_beads(const bead_filter& filter) override;
    void insert_bead(const bead& b) override;
    void put_bead(const bead& b) override;
    void delete_bead(std::string_view id) override;
    void add_dependency(const dependency& d) override;
    std::vector<dependency> dependencies_of(std::string_view bead) override;
    void add_bead_event(const bead_event& e) override;
    std::vector<bead_event> bead_events(std::optional<instant> since, std::optional<bead_id> bead,
                                        int limit) override;

    std::optional<agent> find_agent(std::string_view id) override;
    std::vector<agent> agents() override;
    void insert_agent(const agent& a) override;
    void put_agent(const agent& a) override;
    void delete_agent(std::string_view id) override;
    void add_agent_event(std::string_view agent, std::string_view type, std::string_view data_json,
                         instant at) override;
    std::vector<agent_event> agent_events(std::string_view agent, int limit) override;
    void add_nudge(const nudge& n) override;
    std::vector<nudge> pending_nudges(std::string_view agent, instant now) override;
    void nudge_delivered(std::string_view id, instant at) override;

    void insert_review(const review& r) override;
    std::optional<review> find_review(std::string_view id) override;
    void put_review(const review& r) override;
    std::vector<review_link> reviews_of(std::string_view source) override;
    void put_escalation(const escalation& e) override;
    std::optional<escalation> find_escalation(std::string_view id) override;
    void put_convoy(const convoy& c) override;
    std::optional<convoy> find_convoy(std::string_view id) override;
    std::vector<bead_id> dependents_of(std::string_view bead, std::string_view type) override;

    void add_town_event(std::string_view id, std::string_view type,
                        const std::optional<agent_id>& agent, const std::optional<bead_id>& bead,
                        std::string_view payload_json, instant at, bool processed) override;
    std::vector<town_event> pending_town_events(int limit) override;
    void town_event_done(std::string_view id, instant at) override;
    int town_event_failed(std::string_view id, std::string_view error, instant at) override;
    std::vector<poison_event> poison_events() override;

    void insert_dispatch(const dispatch& d) override;
    void put_dispatch(const dispatch& d) override;
    std::optional<dispatch> find_dispatch(std::string_view id) override;
    std::vector<dispatch> list_dispatches(const dispatch_filter& filter) override;
    void add_failure(std::string_view bead, agent_role role, const kept_failure& f) override;
    std::vector<kept_failure> failures(std::string_view bead) override;
    std::vector<error_group> error_groups() override;
    void put_stop(const stop_order& s) override;
    std::optional<stop_order> find_stop(std::string_view agent) override;
    void delete_stop(std::string_view agent) override;

    std::vector<stored_breaker> breakers() override;
    void put_breaker(const stored_breaker& b) override;
    void delete_breaker(std::string_view key) override;

    /// The connection itself, for tests of faults and query plans.
    [[nodiscard]] SQLite::Database& database_for_test() noexcept { return db_.database(); }

private:
    /// Fails with `too_large` when a JSON text is over its bound: cut, it would be no JSON.
    [[nodiscard]] bool fits(std::string_view text, std::size_t max, std::string_view what,
                            std::string_view id);
    /// Fails with `not_found` when the last statement changed no row.
    void expect_changed(std::string_view what, std::string_view id);
    void put_review_source(const review& r);
    void set_aside(std::string_view id, std::string_view type, int tries, std::string_view error,
                   instant at);
    void set_aside_too_big(std::int64_t rowid, instant at);

    connection db_;
    std::optional<town_meta> meta_;  ///< As it was read in this transaction.
    std::size_t live_beads_ = 0;     ///< As last read.
    std::int64_t pruned_to_ = 0;     ///< Of the bead events; what stays is not looked at each time.
};

}  // namespace townd::store
