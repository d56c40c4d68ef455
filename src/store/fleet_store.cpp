#include "store/fleet_store.hpp"

#include <algorithm>

#include "store/fleet_events.hpp"
#include "store/fleet_file.hpp"
#include "store/query.hpp"

namespace townd::store {
namespace {

constexpr std::size_t short_bytes_max = 300;

std::string short_text(std::string_view text) {
    return clean_text(text, short_bytes_max);
}

// A text over its bound would be no JSON any more once cut.
std::string json_or_null(std::string_view text) {
    return text.empty() || text.size() > audit_json_bytes_max ? std::string{"null"}
                                                              : std::string{text};
}

std::optional<override_order> read_order(const query& row) {
    override_order out;
    const auto kind = parse_override_kind(row.view(1));
    const auto scope = parse_override_scope(row.view(2));
    if (!kind || !scope) return std::nullopt;
    out.id = row.text(0);
    out.kind = *kind;
    out.scope = *scope;
    out.town = row.text(3);
    out.rig = row.text(4);
    if (!row.is_null(5)) {
        out.role = parse_agent_role(row.view(5));
        if (!out.role) return std::nullopt;
    }
    out.by = row.text(6);
    out.reason = row.text(7);
    out.set_at = row.ms(8);
    out.until = row.optional_ms(9);
    const bool names_town = scope == override_scope::town || scope == override_scope::rig;
    if ((names_town && out.town.empty()) || (scope == override_scope::rig && out.rig.empty()) ||
        (scope == override_scope::role && !out.role))
        return std::nullopt;
    return out;
}

audit_entry read_audit(const query& row) {
    audit_entry out;
    out.id = row.number(0);
    out.at = row.ms(1);
    out.by = row.text(2);
    out.peer = row.text(3);
    out.verb = row.text(4);
    out.route = row.text(5);
    out.target = row.text(6);
    out.reason = row.text(7);
    out.before_json = row.text(8);
    out.after_json = row.text(9);
    out.expires_at = row.optional_ms(10);
    out.request_id = row.text(11);
    out.outcome = row.text(12);
    return out;
}

// The connection speaks of towns' databases.
failure in_our_words(failure why) {
    constexpr std::string_view of_towns = "town database";
    if (why.what.starts_with(of_towns))
        why.what = "the daemon's database" + why.what.substr(of_towns.size());
    return why;
}

class sqlite_fleet_store final : public fleet_store {
public:
    explicit sqlite_fleet_store(SQLite::Database&& database)
        : db_(std::move(database), std::string{fleet_file_name}) {}

    void begin() override { db_.begin(); }
    result<void> commit() override {
        const auto done = db_.commit();
        if (!done) return in_our_words(done.error());
        return done;
    }
    void rollback() override { db_.rollback(); }
    const std::optional<failure>& failed() const noexcept override { return db_.failed(); }
    bool broken() const noexcept override { return db_.broken(); }

    override_list orders(int& bad_rows) override {
        bad_rows = 0;
        return db_.run("reading the orders in force", [&] {
            override_list out;
            query row(db_,
                      "SELECT id, kind, scope, town, rig, role, by, reason, set_at, until "
                      "FROM override_order ORDER BY set_at, id LIMIT 10000");
            while (row.next()) {
                if (auto order = read_order(row))
                    out.push_back(*std::move(order));
                else
                    ++bad_rows;
            }
            return out;
        });
    }

    void put_order(const override_order& o) override {
        db_.run("writing an order", [&] {
            std::optional<std::string> role;
            if (o.role) role = std::string{to_text(*o.role)};
            query(db_,
                  "INSERT OR REPLACE INTO override_order(id, kind, scope, town, rig, role, by, "
                  "reason, set_at, until) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
                  o.id, to_text(o.kind), to_text(o.scope), o.town, o.rig, role, short_text(o.by),
                  clean_text(o.reason, audit_reason_bytes_max), unix_ms(o.set_at), as_ms(o.until))
                .exec();
        });
    }

    void erase_order(std::string_view id) override {
        db_.run("ending an order",
                [&] { query(db_, "DELETE FROM override_order WHERE id = ?1", id).exec(); });
    }

    std::int64_t add_audit(const audit_entry& e) override {
        return db_.run("writing the audit log", [&] {
            query(db_,
                  "INSERT INTO audit(at, by, peer, verb, route, target, reason, before, after, "
                  "expires_at, request_id, outcome) "
                  "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
                  unix_ms(e.at), short_text(e.by), short_text(e.peer), short_text(e.verb),
                  short_text(e.route), short_text(e.target),
                  clean_text(e.reason, audit_reason_bytes_max), json_or_null(e.before_json),
                  json_or_null(e.after_json), as_ms(e.expires_at), short_text(e.request_id),
                  clean_text(e.outcome, audit_reason_bytes_max))
                .exec();
            const std::int64_t id = db_.database().getLastInsertRowid();
            query(db_, "DELETE FROM audit WHERE id <= ?1", id - audit_rows_max).exec();
            return id;
        });
    }

    void settle_audit(std::int64_t id, std::string_view before_json, std::string_view after_json,
                      std::string_view outcome) override {
        db_.run("writing the audit log", [&] {
            query(db_,
                  "UPDATE audit SET before = ?2, after = ?3, outcome = ?4 "
                  "WHERE id = ?1 AND outcome = 'asked'",
                  id, json_or_null(before_json), json_or_null(after_json),
                  clean_text(outcome, audit_reason_bytes_max))
                .exec();
        });
    }

    std::vector<audit_entry> audit(std::optional<std::int64_t> before, int limit) override {
        return db_.run("reading the audit log", [&] {
            std::vector<audit_entry> out;
            query row(db_,
                      "SELECT id, at, by, peer, verb, route, target, reason, before, after, "
                      "expires_at, request_id, outcome FROM audit WHERE id < ?1 "
                      "ORDER BY id DESC LIMIT ?2",
                      before.value_or(std::numeric_limits<std::int64_t>::max()),
                      std::clamp(limit, 0, 1000));
            while (row.next())
                out.push_back(read_audit(row));
            return out;
        });
    }

    std::optional<kept_answer> find_answer(std::string_view key, instant now) override {
        return db_.run("looking for a kept answer", [&]() -> std::optional<kept_answer> {
            query row(db_, "SELECT digest, answer FROM kept_answer WHERE key = ?1 AND at > ?2", key,
                      unix_ms(now - kept_answers_for));
            if (!row.next()) return std::nullopt;
            return kept_answer{row.text(0), row.text(1)};
        });
    }

    void keep_answer(std::string_view key, const kept_answer& answer, instant now) override {
        if (answer.answer_json.size() > fleet_value_bytes_max) return;
        db_.run("keeping an answer", [&] {
            query(db_, "DELETE FROM kept_answer WHERE at <= ?1", unix_ms(now - kept_answers_for))
                .exec();
            query(db_,
                  "DELETE FROM kept_answer WHERE key IN (SELECT key FROM kept_answer "
                  "ORDER BY at DESC LIMIT -1 OFFSET ?1)",
                  kept_answers_max - 1)
                .exec();
            query(db_,
                  "INSERT OR REPLACE INTO kept_answer(key, digest, answer, at) "
                  "VALUES(?1, ?2, ?3, ?4)",
                  key, answer.digest, answer.answer_json, unix_ms(now))
                .exec();
        });
    }

    void add_events(const std::vector<fleet_event_row>& events, instant now) override {
        db_.run("writing events", [&] {
            for (const auto& each : events)
                insert_event(db_, each);
            forget_old_events(db_, now);
            added_ += static_cast<int>(events.size());
            if (added_ < fleet_events_slack) return;
            added_ = 0;
            forget_surplus_events(db_);
        });
    }

    std::vector<fleet_event_row> newest_events(int limit) override {
        return db_.run("reading events", [&] { return read_events(db_, limit); });
    }

    std::optional<std::string> value(std::string_view key) override {
        return db_.run("reading a value", [&]() -> std::optional<std::string> {
            query row(db_, "SELECT text FROM named_value WHERE key = ?1", key);
            if (!row.next()) return std::nullopt;
            return row.text(0);
        });
    }

    void put_value(std::string_view key, std::string_view text) override {
        if (text.size() > fleet_value_bytes_max)
            return db_.fail({errc::too_large, "the value " + short_text(key) + " has " +
                                                  std::to_string(text.size()) + " bytes; at most " +
                                                  std::to_string(fleet_value_bytes_max) + " fit"});
        db_.run("writing a value", [&] {
            query(db_,
                  "INSERT INTO named_value(key, text) VALUES(?1, ?2) "
                  "ON CONFLICT(key) DO UPDATE SET text = excluded.text",
                  key, text)
                .exec();
        });
    }

    void erase_value(std::string_view key) override {
        db_.run("erasing a value",
                [&] { query(db_, "DELETE FROM named_value WHERE key = ?1", key).exec(); });
    }

    std::vector<std::pair<std::string, std::string>> values(std::string_view prefix) override {
        return db_.run("reading values", [&] {
            std::vector<std::pair<std::string, std::string>> out;
            query row(db_,
                      "SELECT key, text FROM named_value WHERE substr(key, 1, length(?1)) = ?1 "
                      "ORDER BY key LIMIT 100000",
                      prefix);
            while (row.next())
                out.emplace_back(row.text(0), row.text(1));
            return out;
        });
    }

private:
    connection db_;
    int added_ = fleet_events_slack;  // Events since the last pruning; the first batch prunes.
};

}  // namespace

result<std::unique_ptr<fleet_store>> fleet_store::open(const std::filesystem::path& file,
                                                       durability sync) {
    auto database = open_fleet_file(file, sync);
    if (!database) return database.error();
    return std::unique_ptr<fleet_store>{
        std::make_unique<sqlite_fleet_store>(std::move(**database))};
}

}  // namespace townd::store
