#pragma once
// The rows of a town and the orders that its tables are read in. A row holds what a read of it
// answers: bounds and the detour over stored texts are applied when it is written.

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "model/memory_town_store.hpp"
#include "model/row_table.hpp"
#include "store/kept.hpp"

namespace townd::model {

using store::agent_event;
using store::bead_event;
using store::nudge;
using store::poison_event;
using store::town_meta;

/// Lets a map of texts be asked with a view. The order of hashes never shows.
struct text_hash : std::hash<std::string_view> {
    using is_transparent = void;
};
template <class Value>
using text_map = std::unordered_map<std::string, Value, text_hash, std::equal_to<>>;

struct bead_row {
    std::int64_t rowid = 0;
    bead value;  ///< Without its body.
    std::shared_ptr<const std::string> body;
    [[nodiscard]] std::string& key() noexcept { return value.id; }
};

/// What is not over, agents, and the counts of issues.
class bead_index {
public:
    void add(bead_row& row);
    void remove(bead_row& row);
    [[nodiscard]] static bool same_place(const bead_row& a, const bead_row& b) noexcept {
        return a.value.type == b.value.type && a.value.status == b.value.status;
    }

    using list = std::vector<bead_row*>;
    /// Non-terminal ones but agents, by the texts of type and status, then by id.
    [[nodiscard]] const list& live() const noexcept { return live_; }
    /// The part of `live` that has this type (and status).
    [[nodiscard]] std::pair<list::const_iterator, list::const_iterator> live_of(
        bead_type type, std::optional<bead_status> status) const;
    /// Of type agent, by the text of their status, then by number.
    [[nodiscard]] const list& agents() const noexcept { return agents_; }
    [[nodiscard]] std::int64_t issues(bead_status status) const noexcept {
        return issues_[static_cast<std::size_t>(status)];
    }

private:
    list live_;
    list agents_;
    std::array<std::int64_t, 5> issues_{};
};

struct dependency_row {
    std::int64_t rowid = 0;
    std::string bead;
    std::string on;
    std::string type;
};

class dependency_index {
public:
    void add(dependency_row& row);
    void remove(dependency_row& row);
    [[nodiscard]] static bool same_place(const dependency_row&, const dependency_row&) noexcept {
        return true;  // Only the type ever changes.
    }

    using list = std::vector<dependency_row*>;
    [[nodiscard]] const list& of(std::string_view bead) const;  ///< By `on`.
    [[nodiscard]] const list& to(std::string_view on) const;    ///< By number.
    [[nodiscard]] const dependency_row* find(std::string_view bead, std::string_view on) const;

private:
    using lists = text_map<list>;
    static const list& in(const lists& all, std::string_view id);
    static void take_out(lists& all, const std::string& id, const dependency_row* row);

    lists of_;
    lists to_;
};

struct event_row {
    std::int64_t rowid = 0;
    std::string id;
    std::string type;
    std::optional<agent_id> agent;
    std::optional<bead_id> bead;
    std::string payload;  ///< Empty once processed.
    instant at{};
    bool processed = false;
    [[nodiscard]] std::string& key() noexcept { return id; }
};

class event_index {
public:
    void add(event_row& row);
    void remove(event_row& row);
    [[nodiscard]] static bool same_place(const event_row& a, const event_row& b) noexcept {
        return a.processed == b.processed;
    }
    [[nodiscard]] const std::vector<event_row*>& pending() const noexcept { return pending_; }
    [[nodiscard]] std::int64_t processed() const noexcept { return processed_; }

private:
    std::vector<event_row*> pending_;  // By time, then by number.
    std::int64_t processed_ = 0;
};

struct dispatch_row {
    std::int64_t rowid = 0;
    dispatch value;
    [[nodiscard]] std::string& key() noexcept { return value.id; }
};

class dispatch_index {
public:
    void add(dispatch_row& row);
    void remove(dispatch_row& row);
    [[nodiscard]] static bool same_place(const dispatch_row& a, const dispatch_row& b) noexcept {
        return a.value.is_live() == b.value.is_live();
    }
    using list = std::vector<dispatch_row*>;
    [[nodiscard]] const list& live() const noexcept { return live_; }  ///< Oldest first.
    [[nodiscard]] const list& all() const noexcept { return all_; }    ///< Oldest first.
    /// The newest of an agent, or null.
    [[nodiscard]] const dispatch_row* last_of(std::string_view agent) const;

private:
    list live_;
    list all_;
};

struct nudge_row {
    std::int64_t rowid = 0;
    nudge value;
    bool delivered = false;
    [[nodiscard]] std::string& key() noexcept { return value.id; }
};

class nudge_index {
public:
    void add(nudge_row& row);
    void remove(nudge_row& row);
    [[nodiscard]] static bool same_place(const nudge_row& a, const nudge_row& b) noexcept {
        return a.delivered == b.delivered;
    }
    [[nodiscard]] const std::vector<nudge_row*>& pending() const noexcept { return pending_; }

private:
    std::vector<nudge_row*> pending_;  // By number.
};

/// For tables that are read by number and by key only.
template <class Row>
class no_index {
public:
    void add(Row&) noexcept {}
    void remove(Row&) noexcept {}
    [[nodiscard]] static bool same_place(const Row&, const Row&) noexcept { return true; }
};

struct poison_row {
    std::int64_t rowid = 0;
    poison_event value;
    [[nodiscard]] std::string& key() noexcept { return value.id; }
};

struct bead_event_row {
    std::int64_t rowid = 0;
    bead_event value;
    [[nodiscard]] std::string& key() noexcept { return value.id; }
};

struct agent_event_row {
    std::int64_t rowid = 0;
    agent_id agent;
    agent_event value;
};

struct rig_row {
    std::int64_t rowid = 0;
    rig value;
    [[nodiscard]] std::string& key() noexcept { return value.id; }
};

struct failure_row {
    std::int64_t rowid = 0;
    bead_id bead;
    kept_failure value;
};

class failure_index {
public:
    void add(failure_row& row);
    void remove(failure_row& row);
    [[nodiscard]] static bool same_place(const failure_row&, const failure_row&) noexcept {
        return true;
    }
    using list = std::vector<failure_row*>;
    [[nodiscard]] const list& of(std::string_view bead) const;  ///< Oldest first.

private:
    text_map<list> of_;
};

/// The file's content, and the state of what happens to it.
struct town_tables {
    journal log;
    history_bounds bounds;
    /// How often a history of this bound is pruned, in rows.
    [[nodiscard]] static int stride_of(int bound) noexcept {
        return std::clamp(bound / 4, 1, store::prune_stride);
    }

    keyed_table<town_meta> meta{log};  ///< One row, with an empty key.
    keyed_table<std::string> values{log};
    keyed_table<std::string> breakers{log};
    row_table<rig_row, no_index<rig_row>> rigs{log};
    row_table<bead_row, bead_index> beads{log};
    row_table<dependency_row, dependency_index> dependencies{log};
    row_table<bead_event_row, no_index<bead_event_row>> bead_events{log};
    /// What agent_metadata holds: rig, name and created_at are the bead's.
    keyed_table<agent> agents{log};
    keyed_table<agent_id> identities{log};
    row_table<agent_event_row, no_index<agent_event_row>> agent_events{log};
    row_table<nudge_row, nudge_index> nudges{log};
    keyed_table<review> reviews{log};
    keyed_table<store::escalation> escalations{log};
    keyed_table<store::convoy> convoys{log};
    keyed_table<bool> staged{log};  ///< Ids of staged convoys.
    row_table<event_row, event_index> events{log};
    row_table<poison_row, no_index<poison_row>> poison{log};
    row_table<dispatch_row, dispatch_index> dispatches{log};
    row_table<failure_row, failure_index> failures{log};
    keyed_table<store::error_group> error_groups{log};
    keyed_table<stop_order> stops{log};

    // Of the journal: ends of the commits that are not durable yet, oldest first.
    std::vector<std::size_t> lazy_marks;
    std::size_t durable_mark = 0;  ///< What is before it in the journal is durable.
    bool lazy = false;
    int commits_to_fail = 0;
    failure commit_failure;
    std::optional<failure> open_refused;
    bool open = false;   ///< A store is open over it.
    unsigned lives = 0;  ///< Counts losses of power; a store of an earlier life is dead.

    /// Once nothing but durable rows is in the journal. Not inside a transaction.
    void forget_durable() noexcept {
        if (durable_mark == 0 || durable_mark != log.mark()) return;
        log.forget();
        durable_mark = 0;
    }
};

}  // namespace townd::model
