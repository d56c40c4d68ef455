#pragma once
// One town: its database, its breakers, its ticks. Belongs to one town thread.
//
// A cycle takes all that waits for the town, applies it, ticks when something changed or is due,
// and commits once. Only then are replies given and requests sent: what nobody could read back
// after a crash was never said or done. One commit per cycle, however much was in it.

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/environment.hpp"
#include "engine/invariant_watch.hpp"
#include "engine/summary.hpp"

namespace townd::engine {

/// Something for a town to do. Without `done` it is an outcome that must not be lost: it is kept
/// and tried again when the database fails.
struct message {
    town_work work;
    reply done;
    bool reads_only = false;  ///< A page or a mere wake: nothing is lost when it is dropped.
};

/// Which share of the daemon's starts the town may use.
[[nodiscard]] start_class class_of(const town::context& ctx);

class town_actor {
public:
    /// `create` makes a new file at the first cycle.
    town_actor(environment& env, town_id id, std::optional<store::open_options> create);

    /// Does all that waits and is due. Never throws, never waits for the network.
    void cycle(std::deque<message>& inbox);

    /// When it wants its next cycle without a message.
    [[nodiscard]] instant due_at() const noexcept { return due_at_; }
    [[nodiscard]] const town_id& id() const noexcept { return id_; }
    [[nodiscard]] bool is_open() const noexcept { return store_ != nullptr; }
    /// Has been opened (or found unusable) and ticked once.
    [[nodiscard]] bool was_ticked() const noexcept { return ticked_; }
    /// Gives the file's descriptors back; the next cycle that needs it opens it again.
    void close() noexcept;
    /// Records starts in flight as unknown; for shutdown.
    void record_in_flight();

private:
    bool open(instant now);
    void recover(town::context& ctx);
    void read_facts(town::context& ctx);
    void run(town::context& ctx, std::deque<message>& batch, std::vector<result<json>>& answers);
    bool decide_and_write(town::context& ctx, std::deque<message>& batch,
                          std::vector<result<json>>& answers, bool due);
    void try_tick(town::context& ctx);
    void tick(town::context& ctx, int reserved);
    void read_fleet(town::context& ctx);
    [[nodiscard]] instant tell_fleet(town::context& ctx, const plan& next);
    void count_suppressed(town::context& ctx, const waiting_counts& waiting);
    void forget(town::context& ctx, const live_rows& rows);
    void finish(town::effects& out, std::deque<message>& batch, std::vector<result<json>>& answers);
    void refuse(std::deque<message>& batch, const failure& why);
    void storage_trouble(const failure& why, instant now, bool gone_for_good);
    void publish(town::context& ctx, const live_rows& rows, const waiting_counts& waiting);
    void publish_problem(instant now);
    void save_breakers(town::context& ctx);

    environment& env_;
    town_id id_;
    std::optional<store::open_options> create_;
    std::unique_ptr<store::town_store> store_;
    breaker_set breakers_;
    town_facts facts_;
    std::deque<message> kept_;  ///< Outcomes that wait for the database to work again.
    bool loaded_ = false;       ///< Breakers and facts were read.
    bool dirty_ = true;         ///< Something changed since the last reconcile.
    bool ticked_ = false;
    instant due_at_{};
    instant look_again_at_{};
    bool active_ = true;
    std::array<int, gate_reason_count> last_waiting_{};
    suppression_counts suppressed_{};  ///< At the last tick.
    invariant_watch invariants_;
    int open_failures_ = 0;
    instant retry_open_at_{};
    std::string problem_;
    bool set_aside_ = false;
    std::optional<instant> problem_since_;
    std::uint64_t ticks_ = 0;
    instant tick_began_{};
    std::shared_ptr<const town_summary> summary_;
    std::optional<instant> last_success_at_;
    std::optional<instant> counted_at_;
    bool counts_stale_ = true;
    counted counted_;
    json last_tick_;
};

}  // namespace townd::engine
