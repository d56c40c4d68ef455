#pragma once
// A town store in memory, for worlds that run in virtual time: thousands of towns and millions of
// transactions in one process. It answers exactly as the store over SQLite does (a test compares
// the two, step by step) and keeps the same bounds; only texts of errors may differ.
//
// The `memory_town_file` is what a disk holds. The store that is opened over it is the process: one
// that is destroyed inside a transaction leaves the file as of its last commit, as kill -9 does.
// Faults are planted on the file, from outside.
//
// One thread at a time for a file and the store over it. Nothing depends on addresses or on the
// order of hashes: equal calls give equal answers.

#include <cstddef>
#include <limits>
#include <memory>
#include <optional>
#include <string>

#include "store/town_store.hpp"

namespace townd::model {

/// How much of what is over a town keeps, in rows. The default is what the SQLite store keeps.
struct history_bounds {
    int failures_per_bead = store::failures_kept_max;
    int dispatches = store::dispatches_kept_max;  ///< Settled ones.
    int agent_events = store::agent_events_kept_max;
    int town_events = store::town_events_kept_max;  ///< Processed ones.
    int poison_events = store::poison_events_kept_max;
    int bead_events = std::numeric_limits<int>::max();  ///< SQLite keeps all.
    bool terminal_bodies = true;                        ///< Of closed and failed beads.
    bool delivered_nudges = true;  ///< Their ids stay taken; nothing else shows of them.
};

/// For fleets of ten thousand towns: a dozen rows of each history, one failure a bead, no bodies of
/// closed beads. Live rows are all kept.
[[nodiscard]] history_bounds lean_history() noexcept;

struct town_tables;

class memory_town_file {
public:
    memory_town_file(const town_id& id, std::string name, std::string owner, instant now,
                     const history_bounds& bounds);
    ~memory_town_file();
    memory_town_file(const memory_town_file&) = delete;
    memory_town_file& operator=(const memory_town_file&) = delete;

    /// The next `n` commits that wrote something fail with `why`, and everything since their
    /// `begin` is undone; the store is `broken` until its next `begin`, as with a full disk.
    /// Commits that wrote nothing need no disk and succeed.
    void fail_next_commits(int n, failure why);
    /// While set, opening fails with it.
    void refuse_open(std::optional<failure> why);

    /// Commits made while lazy are visible but not durable until `sync`, the next commit that is
    /// not lazy, or 65,536 changed rows. Setting it changes nothing that is committed already.
    void set_lazy(bool lazy) noexcept;
    void sync();
    /// Commits that a loss of power would take away now. Those that wrote nothing do not count.
    [[nodiscard]] std::size_t lazy_commits() const noexcept;
    /// Drops what is not durable, save the first `survivors` lazy commits: what has reached the
    /// disk is always a prefix. A store that is open over the file dies: all its calls fail.
    void power_loss(std::size_t survivors = 0);

    /// For the store of this room.
    [[nodiscard]] town_tables& tables() noexcept { return *tables_; }

private:
    std::unique_ptr<town_tables> tables_;
};

/// A town's file as `town_store::open` with `create` makes it. An empty name is the id.
[[nodiscard]] std::shared_ptr<memory_town_file> make_town_file(const town_id& id, std::string name,
                                                               std::string owner, instant now,
                                                               const history_bounds& bounds = {});

/// Fails as set with `refuse_open`, and with `locked` while another store is open over the file.
[[nodiscard]] result<std::unique_ptr<store::town_store>> open_town(
    std::shared_ptr<memory_town_file> file);

}  // namespace townd::model
