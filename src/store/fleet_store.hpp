#pragma once
// What belongs to the daemon as a whole, in one SQLite file, `<data_dir>/fleet.db`: operators'
// orders in force, the log of what operators did, answers kept for idempotency keys, the fleet's
// events, and named values of other parts of the engine.
//
// As a town's store: one connection, one thread at a time, everything between `begin` and `commit`,
// errors sticky until the next `begin`, texts cut before they are bound.

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "store/town_store.hpp"
#include "townd/words/override.hpp"

namespace townd::store {

inline constexpr int audit_rows_max = 10'000;  ///< The oldest go first.
inline constexpr int kept_answers_max = 20'000;
inline constexpr duration kept_answers_for{86'400'000};
inline constexpr std::size_t audit_reason_bytes_max = 2048;
inline constexpr std::size_t audit_json_bytes_max = 16 * 1024;    ///< Longer is stored as null.
inline constexpr std::size_t fleet_value_bytes_max = 256 * 1024;  ///< Longer is refused.

/// One write of an operator, or the end of one of its orders.
struct audit_entry {
    std::int64_t id = 0;  ///< Given by the store; rises.
    instant at{};
    std::string by;    ///< User of the socket or name of the token.
    std::string peer;  ///< Address, or `unix uid=1000`.
    std::string verb;  ///< As `pause`; `expired` for an order that ran out.
    std::string route;
    std::string target;  ///< As `town t1`, `breaker t1 container`.
    std::string reason;
    std::string before_json = "null";
    std::string after_json = "null";
    std::optional<instant> expires_at;
    std::string request_id;
    /// `done`; `asked` while a town works on it (or the daemon ended before it answered); else why
    /// it was refused.
    std::string outcome = "done";
};

/// The answer to a request with an idempotency key, and a digest of that request.
struct kept_answer {
    std::string digest;
    std::string answer_json;
};

inline constexpr int fleet_events_max = 50'000;  ///< A few hundred more before they are pruned.
inline constexpr int fleet_events_slack = 500;
inline constexpr duration fleet_events_for{7 * 86'400'000LL};
inline constexpr std::size_t fleet_event_text_bytes_max = 2048;

/// One event of the fleet; see engine/chronicle.hpp. Empty texts: does not apply.
struct fleet_event_row {
    std::int64_t seq = 0;  ///< Given by the writer; unique.
    instant at{};
    std::string type;
    std::string severity;
    town_id town;
    std::string role;
    std::string agent;
    bead_id bead;
    dispatch_id dispatch;
    std::string code;
    std::string fingerprint;
    std::string text;
};

class fleet_store {
public:
    /// Opens the file, or makes it when it is missing. Fails as `town_store::open` does:
    /// `unavailable` for a file that must be set aside, `storage` for trouble that may pass.
    [[nodiscard]] static result<std::unique_ptr<fleet_store>> open(
        const std::filesystem::path& file, durability sync);
    virtual ~fleet_store() = default;
    fleet_store(const fleet_store&) = delete;
    fleet_store& operator=(const fleet_store&) = delete;

    virtual void begin() = 0;
    /// Durable on success; on failure everything since `begin` is undone.
    [[nodiscard]] virtual result<void> commit() = 0;
    virtual void rollback() = 0;
    [[nodiscard]] virtual const std::optional<failure>& failed() const noexcept = 0;
    /// The file is in trouble, not one statement: open it anew.
    [[nodiscard]] virtual bool broken() const noexcept = 0;

    /// All orders, also those that ran out; rows that cannot be read are left out and counted.
    [[nodiscard]] virtual override_list orders(int& bad_rows) = 0;
    virtual void put_order(const override_order& order) = 0;
    virtual void erase_order(std::string_view id) = 0;

    /// The id of the new row. Prunes.
    virtual std::int64_t add_audit(const audit_entry& entry) = 0;
    /// Says once what came of a row that was `asked`.
    virtual void settle_audit(std::int64_t id, std::string_view before_json,
                              std::string_view after_json, std::string_view outcome) = 0;
    /// Newest first, with an id below `before` when that is given. `limit` is 0..1000.
    [[nodiscard]] virtual std::vector<audit_entry> audit(std::optional<std::int64_t> before,
                                                         int limit) = 0;

    /// None when there is none or it is older than `kept_answers_for`.
    [[nodiscard]] virtual std::optional<kept_answer> find_answer(std::string_view key,
                                                                 instant now) = 0;
    virtual void keep_answer(std::string_view key, const kept_answer& answer, instant now) = 0;

    /// Prunes those that are too old by `now`, or too many.
    virtual void add_events(const std::vector<fleet_event_row>& events, instant now) = 0;
    /// The newest `limit` (0..10,000) by seq, the oldest first.
    [[nodiscard]] virtual std::vector<fleet_event_row> newest_events(int limit) = 0;

    [[nodiscard]] virtual std::optional<std::string> value(std::string_view key) = 0;
    virtual void put_value(std::string_view key, std::string_view text) = 0;
    virtual void erase_value(std::string_view key) = 0;
    /// Key and text of all whose key begins with `prefix`, by key.
    [[nodiscard]] virtual std::vector<std::pair<std::string, std::string>> values(
        std::string_view prefix) = 0;

protected:
    fleet_store() = default;
};

}  // namespace townd::store
