#pragma once
// What is known of a place: whether agents of one role can be started in one rig of a town, whether
// they survive, and whether their work gets done.
//
// Three stages, each proved by itself. A failure puts the place in doubt at its stage; the doubt
// ends by a success of that stage alone, made by an attempt that began after the failure: a start
// that is answered with yes says nothing of agents that die young (gascity #5442: 22,000 starts an
// hour), and an agent that lives nothing of starts that hang. Only work that is done proves
// survival as well.
//
// The place's breaker is this value, seen from outside: closed while nothing is in doubt, open
// while it waits, half-open while a try is out.

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "townd/words/policy.hpp"
#include "townd/words/time.hpp"
#include "townd/words/town.hpp"

namespace townd {

/// How far an attempt got.
enum class stage : std::uint8_t {
    answered,  ///< The container answered the start with yes.
    survived,  ///< The agent gave a heartbeat and lived for `survive_for`.
    done,      ///< The work was done.
};
inline constexpr std::size_t stage_count = 3;
/// `answered`, `survived`, `done`.
[[nodiscard]] std::string_view to_text(stage value) noexcept;
/// What fails there, for a sentence: `cannot be started`, `do not survive their start`, `do not
/// finish their work`.
[[nodiscard]] std::string_view failing_words(stage value) noexcept;

/// Whether a success at `at` ends a doubt at `doubted`: work that was done proves that its agent
/// survived; nothing else stands for another.
[[nodiscard]] constexpr bool proves(stage at, stage doubted) noexcept {
    return at == doubted || (at == stage::done && doubted == stage::survived);
}

/// Why a place is in doubt.
struct doubt_cause {
    std::string code;  ///< An error code's text.
    int http_status = 0;
    std::string phase;   ///< The container's own word where it said one.
    bool whole = false;  ///< It concerns the container, not a role in it: no connection, no answer.
    bool local = false;  ///< Nothing was sent: what the rig or town lacks was seen before.
    std::string words;   ///< `code: message`, at most 256 bytes.
    /// Equal for failures of one kind, however they are worded.
    [[nodiscard]] std::string kind() const;
};

/// A container may ask us to wait for so long at most.
inline constexpr duration retry_after_max{600'000};

/// A charge of a bead that may be taken back.
struct provisional_charge {
    dispatch_id attempt;
    bead_id bead;
    instant at{};
};

/// The evidence of one place. A value without clock or I/O; belongs to one town's thread.
class standing {
public:
    struct failure {
        stage at = stage::answered;
        instant began{};  ///< When the attempt was made.
        instant now{};
        bead_id bead;
        doubt_cause why;
        std::optional<instant> not_before;  ///< The container asked to wait.
    };
    /// What a failure means for the place.
    enum class meaning : std::uint8_t {
        stale,      ///< The attempt began before newer evidence of success: nothing.
        suspected,  ///< The work of one bead failed: it may be the bead's own.
        soft,       ///< One bead's work failed again, and none was done.
        doubted,    ///< The place is in doubt.
    };
    /// `draw` in [0, 1) spreads the wait.
    meaning failed(const failure& f, double draw, const retry_policy& policy);
    /// A success of an attempt that `began` then. Returns whether the place is out of doubt by it.
    bool succeeded(stage at, instant began, instant now);
    /// The fleet has an outage of this stage: what is suspected is in doubt from now on.
    bool outage_opened(stage at, instant now, const retry_policy& policy);

    [[nodiscard]] bool in_doubt() const noexcept;
    [[nodiscard]] bool in_doubt_at(stage at) const noexcept;
    /// The stage that the newest failure is of; `in_doubt` or `is_soft`, else meaningless.
    [[nodiscard]] stage doubted() const noexcept;
    /// The work of one bead failed, and none was done since.
    [[nodiscard]] bool is_soft() const noexcept;
    /// Failures at the doubted stage without a success between, those apart that are likely to be
    /// a bead's own.
    [[nodiscard]] int in_row() const noexcept { return of(doubted()).unlike; }
    [[nodiscard]] const doubt_cause& why() const noexcept { return of(doubted()).why; }
    [[nodiscard]] instant since() const noexcept { return of(doubted()).since; }
    [[nodiscard]] instant newest() const noexcept { return of(doubted()).newest; }
    [[nodiscard]] int failures() const noexcept { return failures_; }
    [[nodiscard]] instant last_failure() const noexcept { return last_failure_; }
    [[nodiscard]] instant last_try() const noexcept { return last_try_; }
    [[nodiscard]] instant last_success(stage at) const noexcept {
        return success_[static_cast<std::size_t>(at)];
    }
    /// Not tried before, by its own backoff and by what the container asked for.
    [[nodiscard]] instant next_try() const noexcept { return std::max(next_try_, asked_until_); }
    [[nodiscard]] instant asked_until() const noexcept { return asked_until_; }
    /// An operator wants it tried now, whoever else waits.
    [[nodiscard]] bool ordered() const noexcept { return ordered_; }
    /// It did fail again soon after it was let go: it needs more than one success.
    [[nodiscard]] bool earning() const noexcept;
    /// Sessions that may run there at once; 0: as many as else. After a doubt that sessions made it
    /// begins with two and doubles with each success, as slow start does for starts.
    [[nodiscard]] int sessions_at_once() const noexcept { return width_; }
    /// Counts the periods of doubt: an admission of another one is over.
    [[nodiscard]] std::uint64_t generation() const noexcept { return generation_; }
    /// An attempt that began then fell into a period of doubt at the work's stage.
    [[nodiscard]] bool doubted_work_at(instant began) const noexcept;

    /// An attempt is made there.
    void tried(instant now) noexcept;
    /// The attempt says nothing: cancelled, or nobody's failure.
    void untried() noexcept { trying_ = false; }
    /// A try is out.
    [[nodiscard]] bool trying() const noexcept { return trying_; }
    /// It may be tried from `at` on, if that is sooner.
    void due(instant at) noexcept;
    void order(instant at) noexcept;
    /// An operator's word, or a doubt that nobody has work for any more: nothing is in doubt.
    void forget(instant now) noexcept;

    // A start that was refused as wrong (4xx) is the bead's own fault only when the place accepted
    // other beads between its refusals: oftener than others are refused there as well.
    [[nodiscard]] bool refused(const bead_id& bead, instant now);

    // Charges since the last work that was done.
    void charged(provisional_charge what);
    [[nodiscard]] std::vector<provisional_charge> take_charges() noexcept;
    [[nodiscard]] bool has_charges() const noexcept { return !charges_.empty(); }

    /// Nothing to remember.
    [[nodiscard]] bool is_fresh() const noexcept;

    /// One JSON-free text form is the store's matter: see engine/breaker_rows.
    struct saved_doubt {
        int failures = 0;
        int unlike = 0;
        int successes = 0;
        bool soft = false;
        instant since{};
        instant newest{};
        bead_id bead;
        doubt_cause why;
    };
    struct saved {
        std::array<saved_doubt, stage_count> doubts;
        std::array<instant, stage_count> success{};
        int failures = 0;
        int relapses = 0;
        stage newest = stage::answered;
        instant last_failure{};
        instant last_try{};
        instant next_try{};
        instant asked_until{};
        instant let_go{};
        std::uint64_t generation = 1;
        std::vector<provisional_charge> charges;
    };
    [[nodiscard]] saved save() const;
    /// Times that lie ahead are clamped to what could have been asked for.
    [[nodiscard]] static standing restored(saved from, instant now, const retry_policy& policy);

private:
    struct doubt {
        int failures = 0;   ///< In a row; 0: no doubt and no suspicion.
        int unlike = 0;     ///< Of them, which are not likely to be a bead's own.
        int successes = 0;  ///< Since the newest of them.
        bool soft = false;  ///< Not in doubt yet: one bead's work.
        instant since{};
        instant newest{};  ///< Time of the newest failure.
        bead_id bead;      ///< Whose work failed first.
        doubt_cause why;
    };
    [[nodiscard]] const doubt& of(stage at) const noexcept {
        return doubts_[static_cast<std::size_t>(at)];
    }
    doubt& of(stage at) noexcept { return doubts_[static_cast<std::size_t>(at)]; }
    [[nodiscard]] int wanted() const noexcept;
    void harden(doubt& d, instant now, const retry_policy* policy);
    void close(stage at, instant now) noexcept;

    std::array<doubt, stage_count> doubts_;
    std::array<instant, stage_count> success_{};  ///< When the newest successful attempt began.
    stage newest_ = stage::answered;              ///< Of the newest failure.
    int failures_ = 0;                            ///< In a row, over all stages.
    int relapses_ = 0;
    instant last_failure_{};
    instant last_try_{};
    instant next_try_{};
    instant asked_until_{};  ///< The container asked to wait: nothing hastens that.
    instant let_go_{};       ///< Its last doubt ended.
    instant work_since_{};   ///< The last doubt of its work: from
    instant work_until_{};   ///< until; still on when before `work_since_`.
    bool ordered_ = false;
    bool trying_ = false;
    int width_ = 0;
    stage width_by_ = stage::survived;  ///< Whose successes widen it.
    std::uint64_t generation_ = 1;
    std::vector<provisional_charge> charges_;
    struct refusal {
        bead_id bead;
        instant at{};
        int between = 0;  ///< Times that another bead was accepted since its refusal before.
    };
    static void note(std::vector<refusal>& list, const bead_id& bead, instant now,
                     instant last_success);
    [[nodiscard]] static const refusal* find(const std::vector<refusal>& list, const bead_id& bead);
    std::vector<refusal> refused_;  ///< Starts, of the last hour.
    std::vector<refusal> failed_;   ///< Work, of the last hours.
};

/// The wait after so many failures in a row: `first` twice, then `then`, doubled up to `max`.
/// Spread downwards, so that `max` is a promise.
[[nodiscard]] duration retry_wait(int failures, double draw, const retry_policy& policy) noexcept;

}  // namespace townd
