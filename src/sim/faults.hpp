#pragma once
// What can go wrong in a simulated world, how strongly, when and for whom.

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "townd/words/time.hpp"
#include "townd/words/town.hpp"

namespace townd::sim {

enum class fault : std::uint8_t {
    // Of a start request: a share of them, 0..1. The first that hits decides; in this order.
    resolve_failed,      ///< No address.
    connect_refused,     ///< Nothing listens.
    connect_timeout,     ///< No answer to the connect.
    hang,                ///< Read, never answered, no effect.
    hang_after_effect,   ///< The agent starts, no answer until the deadline.
    late,                ///< No answer, and the effect comes up to three deadlines later.
    http_500,            ///< With the wire's error object, no effect.
    http_500_effect,     ///< The agent starts all the same.
    http_500_empty,      ///< No body, no effect.
    garbage,             ///< 200 with a page of HTML, no effect.
    garbage_effect,      ///< The agent starts.
    payload_says_no,     ///< 200 {"success":false}.
    rate_limited,        ///< 429, with a hint or not.
    draining,            ///< 503 that says so.
    gateway,             ///< 502 or 504 of something in front; half of them with effect.
    reset,               ///< Connection reset after the request was read, no effect.
    reset_after_effect,  ///< The agent starts.
    bad_request,         ///< 400: the bead is parked. Heals only by a person's retry.
    // Of status and stop calls: a share of them.
    status_fails,      ///< 500 or no answer.
    stop_unconfirmed,  ///< 500 or no answer; the contract container does not stop it either.
    // Of a session: a share of them.
    dies_young,      ///< Ends before its first heartbeat, half of them without a word.
    work_fails,      ///< Works for a while, then says that it failed.
    vanishes,        ///< Works for a while, then its process is gone without a word.
    slow_agent,      ///< Works ten times as long.
    no_progress,     ///< Gives heartbeats and never gets on.
    review_fails,    ///< Of a refinery: it finds a failure or a conflict.
    changes_wanted,  ///< Of a refinery: it wants the work done better first.
    // Of an agent's call to the daemon: a share of them.
    heartbeat_lost,    ///< Every heartbeat: not sent.
    callback_lost,     ///< The request or its answer: said again later.
    callback_doubled,  ///< Arrives twice.
    callback_late,     ///< Arrives up to two minutes later.
    // Of a pull request: a share of them.
    pr_closed,  ///< Closed without a merge.
    pr_silent,  ///< Nothing comes of it before the faults end.
    // Of a container: times an hour.
    crash,    ///< Agents and memory lost; away for up to a minute.
    wedged,   ///< Accepts and never answers, for up to five minutes; agents live on.
    evicted,  ///< Replaced: says so, puts its agents out, goes; the next one comes late or mute.
    // Of the daemon or its disk: times an hour, drawn once for the daemon (town range ignored).
    kill,  ///< kill -9 at any step; up again after up to two minutes.
    graceful_restart,
    pause,         ///< SIGSTOP for up to two minutes.
    power_loss,    ///< As kill, and lazy commits are lost.
    commit_error,  ///< Of a town: the next one to five commits fail.
};
inline constexpr int fault_count = static_cast<int>(fault::commit_error) + 1;
/// snake_case, as in the enumeration.
[[nodiscard]] std::string_view to_text(fault what) noexcept;
[[nodiscard]] std::optional<fault> parse_fault(std::string_view text) noexcept;

/// A fault of some towns for some time. Windows of one fault add up by the strongest.
struct fault_window {
    fault what = fault::connect_refused;
    double strength = 1.0;  ///< A share (0..1) or times an hour; see the fault.
    duration from{0};       ///< Since the world began.
    duration until{0};      ///< Exclusive.
    int first_town = 0;
    int towns = 1 << 30;             ///< So many from `first_town` on.
    std::optional<agent_role> role;  ///< Only starts and sessions of this role.
};

/// The faults in force for a town.
struct fault_level {
    fault what;
    double strength;
    std::optional<agent_role> role;
};

/// Which faults are in force for which town, as windows begin and end.
class fault_plan {
public:
    fault_plan(std::vector<fault_window> windows, int towns);

    /// Moments (since the beginning) at which anything changes, ascending.
    [[nodiscard]] const std::vector<duration>& edges() const noexcept { return edges_; }
    /// Takes the windows that hold at `since_begin`.
    void at(duration since_begin);
    /// All of them end for good.
    void clear();

    /// In force for the town; mostly empty. In the order of the enumeration.
    [[nodiscard]] const std::vector<fault_level>& of(int town) const noexcept {
        return groups_[group_of_[static_cast<std::size_t>(town)]];
    }
    [[nodiscard]] double strength(int town, fault what,
                                  std::optional<agent_role> role = std::nullopt) const noexcept;

private:
    std::vector<fault_window> windows_;
    std::vector<duration> edges_;
    std::vector<std::uint32_t> group_of_;           // Towns that all windows treat alike.
    std::vector<int> example_;                      // A town of each group.
    std::vector<std::vector<fault_level>> groups_;  // In force now, by group.
};

}  // namespace townd::sim
