#pragma once
// One retry budget for the whole fleet: whatever fails, however it is worded and wherever it is,
// the failing starts of an hour stay within what the towns' first failures cost and `per_hour` more
// (the idea of retry budgets in Finagle and Envoy, counted instead of guessed: the budget keeps a
// log of all that failed within the hour and never lends what the log does not leave).

#include <deque>
#include <map>
#include <vector>

#include "townd/words/policy.hpp"
#include "townd/words/time.hpp"
#include "townd/words/town.hpp"

namespace townd {

/// What is bounded is bounded within any stretch of this length.
inline constexpr duration retry_window{3'600'000};

/// A value without clock or I/O. `now` must not go back.
class retry_budget {
public:
    struct entry {
        instant at{};
        town_id town;
        bool first = false;  ///< The town had none within the hour, and nobody gave it leave.
        bool ran = false;    ///< A session that ran when the town's first one failed, or that one.
    };
    /// What is spent outlives the process, or each restart would lend the hour anew: the newest of
    /// the log, the oldest first.
    [[nodiscard]] std::vector<entry> spent() const;
    /// What lies ahead or more than an hour back is left out.
    void restore(const std::vector<entry>& spent, instant now);

    /// A request that failed or was refused, or a session that the platform ended; `began`: of the
    /// attempt. `lent`: it was a try under leave, which begins no trouble. `session`: a session.
    void failed(const town_id& town, instant began, instant now, bool lent, bool session);
    void forget(const town_id& town);

    /// How many more tries may fail now, when `out` are out and may all fail.
    [[nodiscard]] int left(int out, instant now, const retry_policy& policy);
    /// What sweeps leave of it for paced tries, until the oldest failure leaves the hour.
    [[nodiscard]] int kept(instant now) const noexcept;
    /// A paced try may be made: a token is there. `causes`: of many towns each, that are to be
    /// tried side by side.
    [[nodiscard]] bool may_try(int out, int causes, instant now, const retry_policy& policy);
    void take(instant now);
    /// The try cost nothing.
    void give_back(const retry_policy& policy);
    /// When the next token is there, as things stand.
    [[nodiscard]] instant next_token() const noexcept { return next_token_; }
    [[nodiscard]] double tokens() const noexcept { return tokens_; }

    /// Failures of the town in the last hour.
    [[nodiscard]] int of(const town_id& town) const;
    /// A town in trouble has a bound of its own, 16 failures in its first hour and 12 in later
    /// ones. Whether one more leaves `kept` of it.
    [[nodiscard]] bool town_may_try(const town_id& town, instant now, int kept = 0) const;
    [[nodiscard]] instant last_of(const town_id& town) const;
    /// Of the last hour, fleet.
    [[nodiscard]] int failures() const noexcept { return static_cast<int>(log_.size()); }
    [[nodiscard]] int towns() const noexcept { return static_cast<int>(towns_.size()); }
    /// When the oldest failure leaves the hour, or `never`.
    [[nodiscard]] instant next_expiry() const noexcept;

private:
    struct town_row {
        int count = 0;
        instant first{};  ///< Of this period of trouble.
        instant last{};
    };
    void log(entry what);
    void expire(instant now);
    [[nodiscard]] duration until_expiry(instant now) const noexcept;
    [[nodiscard]] duration step(int left, int causes, instant now, const retry_policy& policy);

    std::deque<entry> log_;  ///< Of the last hour, the oldest first; bounded.
    std::map<town_id, town_row> towns_;
    int firsts_ = 0;
    int ran_ = 0;
    double tokens_ = 0.0;
    instant filled_at_{};
    instant next_token_{};
};

}  // namespace townd
