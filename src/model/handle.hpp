#pragma once
// The store over a file in memory. One file of definitions for each subject: transaction.cpp,
// town.cpp, beads.cpp, history.cpp, agents.cpp, reviews.cpp, events.cpp, dispatches.cpp and
// live.cpp.

#include <memory>

#include "model/rows.hpp"
#include "store/kept.hpp"

namespace townd::model {

using namespace townd::store;  // The interface speaks its words.

class memory_town_store final : public town_store {
public:
    explicit memory_town_store(std::shared_ptr<memory_town_file> file);
    ~memory_town_store() override;
    memory_town_store(const memory_town_store&) = delete;
    memory_town_store& operator=(const memory_town_store&) = delete;

    void begin() override;
    result<void> commit() override;
    void rollback() override;
    void savepoint() override;
    void release() override;
    void rollback_to() override;
    const std::optional<failure>& failed() const noexcept override { return failed_; }
    bool broken() const noexcept override { return broken_; }
    bool changed() const noexcept override { return begun_ && changes_ != changes_at_begin_; }
    void fail(failure why) override;

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

private:
    // --- transaction.cpp
    /// Whether a call may go on. `doing` completes "... failed", as in "reading beads".
    [[nodiscard]] bool may_run(std::string_view doing);
    /// As above, and `key` is short enough to be asked for.
    [[nodiscard]] bool may_read(std::string_view doing, std::string_view key);
    [[nodiscard]] bool lost() const noexcept { return tables_.lives != life_; }
    void undo();
    void make_durable();
    /// A constraint: the row is there, or one that excludes it.
    void refuse_duplicate(std::string_view doing);
    void refuse_size(std::string_view doing);
    /// Fails with `too_large` when a JSON text is over its bound.
    [[nodiscard]] bool fits(std::size_t bytes, std::size_t max, std::string_view what,
                            std::string_view id);
    /// Fails with `too_large` when a row would be over SQLite's bound.
    template <class... Texts>
    [[nodiscard]] bool row_fits(std::string_view doing, const Texts&... texts) {
        if ((std::size_t{0} + ... + bytes_of(texts)) <= row_bytes_max) return true;
        refuse_size(doing);
        return false;
    }
    static std::size_t bytes_of(std::string_view text) noexcept { return text.size(); }
    static std::size_t bytes_of(const std::string& text) noexcept { return text.size(); }
    static std::size_t bytes_of(const std::optional<std::string>& text) noexcept {
        return text ? text->size() : 0;
    }

    // --- by subject
    [[nodiscard]] std::optional<bead_status> status_of(std::string_view bead) const;
    void put_review_source(const review& r);
    void set_aside(const event_row& event, int tries, std::string_view error, instant at);
    void close_event(const event_row& event);
    void prune_dispatches();
    void count_in_group(agent_role role, const kept_failure& f);
    [[nodiscard]] std::optional<agent> agent_of(const bead_row& row) const;
    [[nodiscard]] std::optional<review> review_of(const bead_row& row) const;
    [[nodiscard]] int prune_messages(bead_status status, instant before, int rows_max);
    void read_rows(live_rows& out) const;
    void read_edges(live_rows& out) const;
    void read_convoys(live_rows& out) const;
    void read_concerns(live_rows& out) const;
    /// Erases the rows of a table that `over` picks.
    template <class Table, class Over>
    void erase_if(Table& table, Over over);

    static constexpr std::size_t row_bytes_max = 2'000'000;

    std::shared_ptr<memory_town_file> file_;
    town_tables& tables_;
    std::optional<failure> failed_;
    bool begun_ = false;
    bool part_open_ = false;
    bool broken_ = false;
    unsigned life_ = 0;
    std::size_t mark_at_begin_ = 0;
    std::size_t mark_at_savepoint_ = 0;
    // Rows changed so far, as SQLite counts them: what was undone stays counted.
    std::uint64_t changes_ = 0;
    std::uint64_t changes_at_begin_ = 0;
    std::uint64_t changes_at_savepoint_ = 0;
    std::int64_t pruned_to_ = 0;  ///< Of the bead events.
};

template <class Table, class Over>
void memory_town_store::erase_if(Table& table, Over over) {
    for (auto at = table.rows().begin(); at != table.rows().end();) {
        const auto& row = at->second;
        ++at;
        if (!over(row)) continue;
        table.erase(row);
        ++changes_;
    }
}

}  // namespace townd::model
