#pragma once
// One town's database: the original's tables as they come, ours beside them.
//
// Exactly one connection per file, used by one thread at a time (the town's). Work happens between
// `begin` and `commit`; what is read and written there is one transaction, durable after `commit`.
//
// Errors are sticky instead of thrown: the first failing call records a `failure`, every later call
// of the transaction does nothing and answers empty, and `commit` refuses. A `savepoint` confines
// that to its part: `rollback_to` undoes the part and, unless the database itself is broken, clears
// the failure. So code between the two reads straight, and nothing half-done can become durable.
//
// SQLite is named here only; the rest of the program sees values. Texts that come from outside are
// cut before they are bound (bounds below), so that no row can be too big (incident row E5).

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "townd/words/dispatch.hpp"
#include "townd/words/live_rows.hpp"
#include "townd/words/result.hpp"
#include "townd/words/town.hpp"

namespace townd::store {

// Bounds on what a row may hold; longer texts are cut with a marker that tells the true length.
inline constexpr std::size_t title_bytes_max = 4 * 1024;
inline constexpr std::size_t body_bytes_max = 256 * 1024;
inline constexpr std::size_t metadata_bytes_max =
    64 * 1024;  ///< Longer is refused (not cut: JSON).
inline constexpr std::size_t event_data_bytes_max = 32 * 1024;  ///< Payloads over it are refused.
inline constexpr int failures_kept_max = 50;                    ///< Per bead.
inline constexpr int dispatches_kept_max = 2000;  ///< Settled ones per town; live ones always stay.
inline constexpr int error_groups_kept_max = 64;  ///< Per town, least recently seen goes first.
inline constexpr int agent_events_kept_max = 10000;  ///< Per town.
inline constexpr int town_events_kept_max = 10000;   ///< Processed ones per town.
inline constexpr int poison_events_kept_max = 1000;  ///< Per town.
inline constexpr int event_tries_max = 3;  ///< Failed applications that set an event aside.

enum class durability : std::uint8_t { full, normal };

struct open_options {
    bool create = false;  ///< True only when the API makes a new town: the file must not exist.
    town_id create_id;    ///< With create.
    std::string create_name;
    std::string create_owner;
    durability sync = durability::full;
};

/// What the store knows of the town as a whole.
struct town_meta {
    town_id id;  ///< Kept in the file; a file without one is named after its stem.
    std::string name;
    std::string owner;  ///< User id; empty for a file that was put there by hand.
    instant created_at{};
    instant updated_at{};
    std::string config_json = "{}";  ///< Keys of the town config route, secrets included.
};

struct bead_event {
    std::int64_t order = 0;  ///< Row id, for paging.
    std::string id;
    bead_id bead;
    std::optional<agent_id> agent;
    std::string type;
    std::optional<std::string> old_value;
    std::optional<std::string> new_value;
    std::string metadata_json = "{}";
    instant at{};
};

/// A row of town_events that was not processed yet.
struct town_event {
    std::string id;
    std::string type;
    std::optional<agent_id> agent;
    std::optional<bead_id> bead;
    std::string payload_json = "{}";
    std::string created_at_text;  ///< As stored, both formats occur.
    int tries = 0;                ///< Failed applications so far.
};

/// An event that was set aside after its last try (incident row E1).
struct poison_event {
    std::string id;
    std::string type;
    int tries = 0;
    std::string error;
    instant at{};
};

struct bead_filter {
    std::optional<bead_status> status;
    std::optional<bead_type> type;
    std::optional<rig_id> rig;
    std::optional<agent_id> assignee;
    std::optional<bead_id> parent;
    int limit = 100;  ///< 0..1000.
    int offset = 0;
};

struct dispatch_filter {
    std::optional<bead_id> bead;
    std::optional<agent_id> agent;
    int limit = 100;
};

/// Errors of one fingerprint in this town.
struct error_group {
    std::string fingerprint;
    std::string code;
    std::string phase;
    std::string role;
    std::string message;  ///< Of the newest.
    std::int64_t count = 0;
    instant first_at{};
    instant last_at{};
};

struct escalation {
    bead_id id;
    std::string severity = "medium";
    std::string category;
    bool acknowledged = false;
    std::optional<instant> acknowledged_at;
    int re_escalation_count = 0;
};

/// The convoy side of a bead of type convoy.
struct convoy {
    bead_id id;
    int total_beads = 0;
    int closed_beads = 0;
    std::optional<instant> landed_at;
    std::optional<std::string> feature_branch;
    std::string merge_mode = "review-then-land";  ///< Or `review-and-merge`.
    bool staged = false;                          ///< Holds the issues that track it.
};

/// A message that waits for an agent to be ready for it.
struct nudge {
    std::string id;
    agent_id agent;
    std::string message;
    std::string mode = "wait-idle";   ///< wait-idle, immediate, queue.
    std::string priority = "normal";  ///< normal, urgent.
    std::string source = "system";
    instant created_at{};
    std::optional<instant> expires_at;
};

/// What an agent reported while it worked.
struct agent_event {
    std::int64_t order = 0;
    std::string type;
    std::string data_json;  ///< No JSON any more when it was cut.
    instant at{};
};

using townd::bad_row;
using townd::live_rows;

struct bead_counts {
    std::int64_t open = 0, in_progress = 0, in_review = 0, closed = 0, failed = 0;
};

class town_store {
public:
    /// Opens, checks (application id, migration number, quick check of small files) and migrates.
    /// Fails with `not_found` for a missing file, `conflict` for one to be created that exists,
    /// `unavailable` for a file that must be set aside (not a database, corrupt, emptied, from a
    /// newer townd: the text says which and what to do), `locked` when another process holds it,
    /// `storage` for trouble that may pass (disk, descriptors).
    [[nodiscard]] static result<std::unique_ptr<town_store>> open(const std::filesystem::path& file,
                                                                  const open_options& options,
                                                                  instant now);
    virtual ~town_store() = default;
    town_store(const town_store&) = delete;
    town_store& operator=(const town_store&) = delete;

    // --- transactions ------------------------------------------------------------------------
    virtual void begin() = 0;  ///< BEGIN IMMEDIATE. Must not be inside a transaction.
    /// Durable on success. On failure everything since `begin` is undone. A transaction that wrote
    /// nothing costs no disk.
    [[nodiscard]] virtual result<void> commit() = 0;
    virtual void rollback() = 0;
    virtual void savepoint() = 0;  ///< One level deep.
    virtual void release() = 0;
    virtual void rollback_to() = 0;  ///< Undoes since `savepoint` and releases it.
    [[nodiscard]] virtual const std::optional<failure>& failed() const noexcept = 0;
    /// The database itself is in trouble (disk full, corrupt, I/O): no savepoint helps. `begin`
    /// clears it after a full or read-only disk; after corruption and I/O errors only opening anew
    /// does, since what is cached may no longer be what the disk holds.
    [[nodiscard]] virtual bool broken() const noexcept = 0;
    /// Whether anything was written since `begin`.
    [[nodiscard]] virtual bool changed() const noexcept = 0;
    /// Refuses the transaction with a reason of the caller's.
    virtual void fail(failure why) = 0;

    // --- the town ------------------------------------------------------------------------------
    [[nodiscard]] virtual town_meta meta() = 0;
    virtual void put_meta(const town_meta& meta) = 0;
    [[nodiscard]] virtual std::optional<std::string> value(std::string_view key) = 0;
    virtual void put_value(std::string_view key, std::string_view text) = 0;
    virtual void erase_value(std::string_view key) = 0;
    [[nodiscard]] virtual live_rows load_live() = 0;
    [[nodiscard]] virtual bead_counts count_issues() = 0;

    /// Deletes what is over for longer than `before` (bead events of beads that are over, nudges,
    /// processed town events, read messages), `rows_max` at most. Returns how many went.
    virtual int prune_history(instant before, int rows_max) = 0;
    /// Of what the file holds; pages that were freed and are used again first do not count.
    [[nodiscard]] virtual std::int64_t bytes() = 0;

    // --- rigs ------------------------------------------------------------------------------------
    [[nodiscard]] virtual std::vector<rig> rigs() = 0;
    [[nodiscard]] virtual std::optional<rig> find_rig(std::string_view id) = 0;
    virtual void insert_rig(const rig& r) = 0;  ///< A name that is taken fails with `conflict`.
    virtual void put_rig(const rig& r) = 0;
    virtual void delete_rig(std::string_view id) = 0;

    // --- beads -----------------------------------------------------------------------------------
    /// A row that is there but cannot be read fails with `conflict` (`too_large` when too big).
    [[nodiscard]] virtual std::optional<bead> find_bead(std::string_view id) = 0;
    /// Newest first. Bad rows are left out, and a page ends early at 16 MiB of texts: go on at the
    /// offset reached.
    [[nodiscard]] virtual std::vector<bead> list_beads(const bead_filter& filter) = 0;
    virtual void insert_bead(const bead& b) = 0;
    /// Writes every column but id, type, created_by and created_at. `body` is written only when
    /// set.
    virtual void put_bead(const bead& b) = 0;
    /// With its dependencies, events, pending town events, kept failures and settled dispatches; a
    /// live dispatch stays, it holds a slot until it is settled.
    virtual void delete_bead(std::string_view id) = 0;
    virtual void add_dependency(const dependency& d) = 0;
    [[nodiscard]] virtual std::vector<dependency> dependencies_of(std::string_view bead) = 0;
    virtual void add_bead_event(const bead_event& e) = 0;
    /// Oldest first, later than `since`. `limit` is 0..1000.
    [[nodiscard]] virtual std::vector<bead_event> bead_events(std::optional<instant> since,
                                                              std::optional<bead_id> bead,
                                                              int limit) = 0;

    // --- agents ----------------------------------------------------------------------------------
    [[nodiscard]] virtual std::optional<agent> find_agent(std::string_view id) = 0;
    [[nodiscard]] virtual std::vector<agent> agents() = 0;  ///< By creation.
    /// Inserts the agent's bead (type agent) and its metadata row. A taken identity: `conflict`.
    virtual void insert_agent(const agent& a) = 0;
    /// Writes every column but id, rig, role, name, identity and created_at, which never change.
    virtual void put_agent(const agent& a) = 0;
    /// With its nudges and its bead. Its stop order stays: the process may still run.
    virtual void delete_agent(std::string_view id) = 0;
    virtual void add_agent_event(std::string_view agent, std::string_view type,
                                 std::string_view data_json, instant at) = 0;
    /// Newest first. `limit` is 0..1000.
    [[nodiscard]] virtual std::vector<agent_event> agent_events(std::string_view agent,
                                                                int limit) = 0;
    virtual void add_nudge(const nudge& n) = 0;
    /// Oldest first, those that expired left out.
    [[nodiscard]] virtual std::vector<nudge> pending_nudges(std::string_view agent,
                                                            instant now) = 0;
    virtual void nudge_delivered(std::string_view id, instant at) = 0;

    // --- reviews and escalations
    // ------------------------------------------------------------------
    /// The row and, with a source, the edge `tracks` to it, unless the bead has one already.
    virtual void insert_review(const review& r) = 0;
    [[nodiscard]] virtual std::optional<review> find_review(std::string_view id) = 0;
    virtual void put_review(const review& r) = 0;
    [[nodiscard]] virtual std::vector<review_link> reviews_of(std::string_view source) = 0;
    virtual void put_escalation(const escalation& e) = 0;
    [[nodiscard]] virtual std::optional<escalation> find_escalation(std::string_view id) = 0;

    virtual void put_convoy(const convoy& c) = 0;  ///< Insert or replace. The bead is apart.
    [[nodiscard]] virtual std::optional<convoy> find_convoy(std::string_view id) = 0;
    /// The beads with an edge of this type (`blocks`, `tracks`, `parent-child`) to `bead`.
    [[nodiscard]] virtual std::vector<bead_id> dependents_of(std::string_view bead,
                                                             std::string_view type) = 0;

    // --- events waiting to be applied
    // --------------------------------------------------------------
    /// An id that is there already changes nothing. A payload over its bound: `too_large`.
    virtual void add_town_event(std::string_view id, std::string_view type,
                                const std::optional<agent_id>& agent,
                                const std::optional<bead_id>& bead, std::string_view payload_json,
                                instant at, bool processed) = 0;
    /// Oldest first by time (not by text), poison ones left out.
    [[nodiscard]] virtual std::vector<town_event> pending_town_events(int limit) = 0;
    virtual void town_event_done(std::string_view id, instant at) = 0;
    /// Counts a failed application; the third one sets the event aside. Returns the tries so far.
    virtual int town_event_failed(std::string_view id, std::string_view error, instant at) = 0;
    [[nodiscard]] virtual std::vector<poison_event> poison_events() = 0;

    // --- dispatches
    // --------------------------------------------------------------------------------
    virtual void insert_dispatch(const dispatch& d) = 0;
    virtual void put_dispatch(const dispatch& d) = 0;
    [[nodiscard]] virtual std::optional<dispatch> find_dispatch(std::string_view id) = 0;
    /// Newest first.
    [[nodiscard]] virtual std::vector<dispatch> list_dispatches(const dispatch_filter& filter) = 0;
    /// Keeps it with the bead (newest 50) and counts it in its error group.
    virtual void add_failure(std::string_view bead, agent_role role, const kept_failure& f) = 0;
    [[nodiscard]] virtual std::vector<kept_failure> failures(
        std::string_view bead) = 0;                                     ///< Newest first.
    [[nodiscard]] virtual std::vector<error_group> error_groups() = 0;  ///< Newest first.
    virtual void put_stop(const stop_order& s) = 0;  ///< Insert or replace, by agent.
    [[nodiscard]] virtual std::optional<stop_order> find_stop(std::string_view agent) = 0;
    virtual void delete_stop(std::string_view agent) = 0;

    // --- breakers
    // ----------------------------------------------------------------------------------
    struct stored_breaker {
        std::string key;
        std::string state_json;  ///< The engine's text; unreadable ones load as half-open there.
    };
    [[nodiscard]] virtual std::vector<stored_breaker> breakers() = 0;
    virtual void put_breaker(const stored_breaker& b) = 0;
    virtual void delete_breaker(std::string_view key) = 0;

protected:
    town_store() = default;
};

}  // namespace townd::store
