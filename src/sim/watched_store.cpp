#include <utility>

#include "sim/forwarding_store.hpp"
#include "sim/row_watch.hpp"

namespace townd::sim {
namespace {

class watched_store final : public forwarding_store {
public:
    watched_store(std::unique_ptr<store::town_store> file, std::uint32_t town, row_watch& watch)
        : forwarding_store(std::move(file)), town_(town), watch_(watch) {
        watch_.opened(town_, inner());
    }
    ~watched_store() override { watch_.closed(town_); }
    watched_store(const watched_store&) = delete;
    watched_store& operator=(const watched_store&) = delete;

    void begin() override {
        changes_.clear();
        inner().begin();
    }
    result<void> commit() override {
        if (!watch_.step()) {
            inner().rollback();
            return failure{errc::storage, "the process was killed"};
        }
        auto done = inner().commit();
        if (done && !changes_.empty()) watch_.committed(town_, changes_);
        changes_.clear();
        return done;
    }
    void rollback() override {
        changes_.clear();
        inner().rollback();
    }
    void savepoint() override {
        mark_ = changes_.size();
        inner().savepoint();
    }
    void rollback_to() override {
        changes_.resize(std::min(mark_, changes_.size()), row_change{stop_put{}});
        inner().rollback_to();
    }
    void insert_bead(const bead& b) override {
        put(b);
        inner().insert_bead(b);
    }
    void put_bead(const bead& b) override {
        put(b);
        inner().put_bead(b);
    }
    void delete_bead(std::string_view id) override {
        changes_.emplace_back(bead_gone{std::string{id}});
        inner().delete_bead(id);
    }
    void insert_agent(const agent& a) override {
        changes_.emplace_back(agent_put{a.id, a.role, a.status, a.hook});
        inner().insert_agent(a);
    }
    void put_agent(const agent& a) override {
        changes_.emplace_back(agent_put{a.id, a.role, a.status, a.hook});
        inner().put_agent(a);
    }
    void delete_agent(std::string_view id) override {
        changes_.emplace_back(agent_gone{std::string{id}});
        inner().delete_agent(id);
    }
    void add_nudge(const store::nudge& n) override {
        if (n.source == "townd") changes_.emplace_back(nudge_put{n.agent, n.priority == "urgent"});
        inner().add_nudge(n);
    }
    void insert_review(const review& r) override {
        changes_.emplace_back(review_put{r, true});
        inner().insert_review(r);
    }
    void put_review(const review& r) override {
        changes_.emplace_back(review_put{r, false});
        inner().put_review(r);
    }
    void put_convoy(const store::convoy& c) override {
        changes_.emplace_back(convoy_put{c});
        inner().put_convoy(c);
    }
    void add_dependency(const dependency& d) override {
        changes_.emplace_back(edge_put{d});
        inner().add_dependency(d);
    }
    void put_value(std::string_view key, std::string_view text) override {
        if (key == "drain") changes_.emplace_back(value_put{std::string{key}, std::string{text}});
        inner().put_value(key, text);
    }
    void insert_dispatch(const dispatch& d) override {
        put(d);
        inner().insert_dispatch(d);
    }
    void put_dispatch(const dispatch& d) override {
        put(d);
        inner().put_dispatch(d);
    }
    void put_stop(const stop_order& s) override {
        changes_.emplace_back(stop_put{s.agent, false});
        inner().put_stop(s);
    }
    void delete_stop(std::string_view agent) override {
        changes_.emplace_back(stop_put{std::string{agent}, true});
        inner().delete_stop(agent);
    }
    void put_breaker(const stored_breaker& b) override {
        changes_.emplace_back(breaker_put{b.key, b.state_json});
        inner().put_breaker(b);
    }
    void delete_breaker(std::string_view key) override {
        changes_.emplace_back(breaker_put{std::string{key}, {}});
        inner().delete_breaker(key);
    }

private:
    void put(const bead& b) {
        bead row;
        row.id = b.id;
        row.type = b.type;
        row.status = b.status;
        row.rig = b.rig;
        row.assignee = b.assignee;
        row.dispatch_attempts = b.dispatch_attempts;
        row.starts = b.starts;
        row.next_attempt_at = b.next_attempt_at;
        row.parked = b.parked;
        row.reason = b.reason;
        row.created_at = b.created_at;
        row.closed_at = b.closed_at;
        row.labels = b.labels;
        if (b.has_label("gt:triage") || b.has_label("gt:triage-request"))
            row.metadata_json = b.metadata_json;
        changes_.emplace_back(bead_put{std::move(row)});
    }
    void put(const dispatch& d) {
        dispatch row = d;
        row.phases.clear();
        changes_.emplace_back(dispatch_put{std::move(row)});
    }

    const std::uint32_t town_;
    row_watch& watch_;
    std::vector<row_change> changes_;
    std::size_t mark_ = 0;
};

}  // namespace

std::unique_ptr<store::town_store> watched(std::unique_ptr<store::town_store> file,
                                           std::uint32_t town, row_watch& watch) {
    return std::make_unique<watched_store>(std::move(file), town, watch);
}

}  // namespace townd::sim
