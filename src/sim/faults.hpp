#pragma once
// What can go wrong in a simulated world, how strongly, when and for whom.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/truth.hpp"
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
    bad_request,         ///< 400 or what the window says.
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

/// What differs in the texts of a fault's failures, as a word: no rule for digits can tell it.
enum class text_kind : std::uint8_t {
    same,
    hosts,   ///< One of so many host names, by town.
    town,    ///< A host name of each town's own.
    agent,   ///< The agent's name.
    random,  ///< Ids and times: of each failure its own.
};

/// From `at` on this share (0..1) of the window's towns is well, those of earlier steps included.
struct repair_step {
    duration at{0};  ///< Since the world began.
    double share = 0.0;
};

/// A fault of some towns for some time. Each window strikes by itself; for faults that are counted
/// by the hour the strongest holds.
struct fault_window {
    fault what = fault::connect_refused;
    double strength = 1.0;  ///< A share (0..1) or times an hour; see the fault.
    duration from{0};       ///< Since the world began.
    duration until{0};      ///< Exclusive.
    int first_town = 0;
    int towns = 1 << 30;             ///< So many from `first_town` on.
    std::optional<agent_role> role;  ///< Only starts and sessions of this role.
    /// Of these towns each `every`-th, from the `offset`-th on: all that share a credential, say.
    int every = 1;
    int offset = 0;
    // Only starts and sessions of these rigs, by their place in the town, and of these agents, by
    // name (empty: all).
    int first_rig = 0;
    int rigs = 1 << 30;
    std::vector<std::string> agents = {};
    /// Whose fault it is. Empty: the fault's usual one. `bead`: a bead is bad or it is not,
    /// `strength` of them are, and a bad one fails each time.
    std::optional<culprit> whose = {};
    text_kind texts = text_kind::same;
    int text_count = 8;  ///< Of text_kind::hosts.
    /// Empty: the fault's own words. `{who}` is what differs, `{reset}` when the fault ends.
    std::string says = {};
    int status = 400;                          ///< Of bad_request: 4xx.
    std::optional<duration> retry_after = {};  ///< Of rate_limited; 0: not said; empty: by chance.
    duration lives_min{0};                     ///< Sessions that fail: so long; 0: as they work.
    duration lives_max{0};
    std::vector<repair_step> repairs = {};  ///< Ascending; `until` repairs the rest.
    /// Windows of one lot draw the same: which towns are repaired first, which beads are bad.
    /// 0: one of its own.
    std::uint32_t lot = 0;
};

/// Whose fault it is by itself.
[[nodiscard]] culprit usually_whose(fault what) noexcept;
[[nodiscard]] inline culprit whose(const fault_window& w) noexcept {
    return w.whose.value_or(usually_whose(w.what));
}

/// A fault in force for a town.
struct fault_level {
    fault what;
    double strength;
    std::optional<agent_role> role;
    culprit whose;
    int cause;  ///< Place among the world's windows.
    const fault_window* window;
    duration until;     ///< For this town.
    std::uint64_t lot;  ///< What its draws depend on.

    /// Whether starts and sessions of this place are concerned.
    [[nodiscard]] bool concerns(std::optional<agent_role> of, int rig,
                                std::string_view agent) const noexcept;
    /// Whether the bead is one of the bad ones. Only where a bead is bad or not.
    [[nodiscard]] bool is_bad(std::string_view bead) const noexcept;
    [[nodiscard]] bool by_bead() const noexcept { return window->whose == culprit::bead; }
};

/// Which faults are in force for which town, as windows begin and end.
class fault_plan {
public:
    fault_plan(std::vector<fault_window> windows, int towns, std::uint64_t seed = 1);
    fault_plan(const fault_plan&) = delete;
    fault_plan& operator=(const fault_plan&) = delete;

    /// Moments (since the beginning) at which anything changes, ascending.
    [[nodiscard]] const std::vector<duration>& edges() const noexcept { return edges_; }
    /// Takes the windows that hold at `since_begin`.
    void at(duration since_begin);
    /// All of them end for good.
    void clear();

    /// In force for the town; mostly empty. In the order of the enumeration.
    [[nodiscard]] const std::vector<fault_level>& of(int town) const noexcept {
        return groups_[group_of_[static_cast<std::size_t>(town)]].levels;
    }
    [[nodiscard]] double strength(int town, fault what,
                                  std::optional<agent_role> role = std::nullopt) const noexcept;
    /// The first window of this fault that is in force; -1: none is.
    [[nodiscard]] int cause_of(int town, fault what) const noexcept;

private:
    struct hold {  // Of a window on some towns.
        int cause = 0;
        duration until{0};
        friend bool operator<(const hold& a, const hold& b) noexcept {
            return a.cause != b.cause ? a.cause < b.cause : a.until < b.until;
        }
    };
    struct group {  // Towns that all windows treat alike.
        std::vector<hold> holds;
        std::vector<fault_level> levels;  // In force now.
    };

    std::vector<fault_window> windows_;
    std::uint64_t seed_;
    std::vector<duration> edges_;
    std::vector<std::uint32_t> group_of_;
    std::vector<group> groups_;
};

/// When the window ends for each town; empty where it never holds.
[[nodiscard]] std::vector<std::optional<duration>> ends_of(const fault_window& w, int place,
                                                           int towns, std::uint64_t seed);

}  // namespace townd::sim
