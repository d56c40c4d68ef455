// The town as a whole: its meta values, its counts, its rigs, its breakers.

#include "store/kept.hpp"
#include "store/rows.hpp"
#include "store/sqlite_town_store.hpp"

namespace townd::store {
namespace {

constexpr std::string_view put_meta_sql =
    "INSERT INTO townd_meta(key, value) VALUES(?1, ?2) "
    "ON CONFLICT(key) DO UPDATE SET value = excluded.value";
constexpr std::string_view value_prefix = "value:";

std::string value_key(std::string_view key) {
    return std::string{value_prefix}.append(key);
}

instant stored_instant(std::string_view text) {
    std::int64_t ms = 0;
    for (const char c : text) {
        if (c < '0' || c > '9' || ms > std::int64_t{1} << 56) return {};
        ms = ms * 10 + (c - '0');
    }
    return from_unix_ms(ms);
}

}  // namespace

bool sqlite_town_store::fits(std::string_view text, std::size_t max, std::string_view what,
                             std::string_view id) {
    if (text.size() <= max) return true;
    db_.fail(over_bound(what, id, text.size(), max));
    return false;
}

void sqlite_town_store::expect_changed(std::string_view what, std::string_view id) {
    if (db_.changes() == 0) db_.fail(no_such_row(what, id));
}

town_meta sqlite_town_store::meta() {
    if (meta_ && !db_.failed()) return *meta_;
    auto read = db_.run("reading the town's meta values", [&] {
        town_meta out;
        query row(db_,
                  "SELECT key, value FROM townd_meta WHERE key IN "
                  "('id','name','owner','created_at','updated_at','config')");
        while (row.next()) {
            const auto key = row.view(0);
            if (key == "id") out.id = row.text(1);
            if (key == "name") out.name = row.text(1);
            if (key == "owner") out.owner = row.text(1);
            if (key == "created_at") out.created_at = stored_instant(row.view(1));
            if (key == "updated_at") out.updated_at = stored_instant(row.view(1));
            if (key == "config") out.config_json = row.text(1);
        }
        return out;
    });
    if (!db_.failed()) meta_ = read;
    return read;
}

void sqlite_town_store::put_meta(const town_meta& m) {
    meta_.reset();
    db_.run("writing the town's meta values", [&] {
        if (!fits(m.config_json, body_bytes_max, "the configuration", m.id)) return;
        const auto put = [&](std::string_view key, const std::string& text) {
            query(db_, put_meta_sql, key, text).exec();
        };
        put("id", m.id);
        put("name", cut_text(m.name, title_bytes_max));
        put("owner", cut_text(m.owner, title_bytes_max));
        put("created_at", std::to_string(unix_ms(m.created_at)));
        put("updated_at", std::to_string(unix_ms(m.updated_at)));
        put("config", m.config_json);
    });
}

std::optional<std::string> sqlite_town_store::value(std::string_view key) {
    return db_.run("reading a value", [&]() -> std::optional<std::string> {
        query row(db_, "SELECT value FROM townd_meta WHERE key = ?1", value_key(key));
        if (!row.next()) return std::nullopt;
        return row.text(0);
    });
}

void sqlite_town_store::put_value(std::string_view key, std::string_view text) {
    db_.run("writing a value", [&] {
        if (!fits(text, body_bytes_max, "the value", key)) return;
        query(db_, put_meta_sql, value_key(key), text).exec();
    });
}

void sqlite_town_store::erase_value(std::string_view key) {
    db_.run("erasing a value",
            [&] { query(db_, "DELETE FROM townd_meta WHERE key = ?1", value_key(key)).exec(); });
}

bead_counts sqlite_town_store::count_issues() {
    return db_.run("counting issues", [&] {
        bead_counts out;
        query row(db_, "SELECT status, count(*) FROM beads WHERE type = 'issue' GROUP BY status");
        while (row.next()) {
            const auto status = parse_bead_status(row.view(0));
            if (!status) continue;
            switch (*status) {
                case bead_status::open:
                    out.open = row.number(1);
                    break;
                case bead_status::in_progress:
                    out.in_progress = row.number(1);
                    break;
                case bead_status::in_review:
                    out.in_review = row.number(1);
                    break;
                case bead_status::closed:
                    out.closed = row.number(1);
                    break;
                case bead_status::failed:
                    out.failed = row.number(1);
                    break;
            }
        }
        return out;
    });
}

std::vector<rig> sqlite_town_store::rigs() {
    static const std::string sql = "SELECT " + rig_columns + " FROM rigs r ORDER BY r.name";
    return db_.run("reading rigs", [&] {
        std::vector<rig> out;
        query row(db_, sql);
        std::string why;
        while (row.next())
            if (auto r = read_rig(row, why)) out.push_back(*std::move(r));
        return out;
    });
}

std::optional<rig> sqlite_town_store::find_rig(std::string_view id) {
    static const std::string sql = "SELECT " + rig_columns + " FROM rigs r WHERE r.id = ?1";
    return db_.run("reading a rig", [&]() -> std::optional<rig> {
        query row(db_, sql, id);
        if (!row.next()) return std::nullopt;
        std::string why;
        auto r = read_rig(row, why);
        if (!r) db_.fail({errc::conflict, "rig " + clean_text(id, 80) + " cannot be read: " + why});
        return r;
    });
}

void sqlite_town_store::insert_rig(const rig& r) {
    db_.run("writing a rig", [&] {
        const auto config = merged_config(r);
        if (!fits(config, metadata_bytes_max, "the configuration", r.id)) return;
        query same(db_, "SELECT id FROM rigs WHERE name = ?1", r.name);
        if (same.next()) {
            db_.fail(rig_name_taken(r.name));
            return;
        }
        query(db_,
              "INSERT INTO rigs(id, name, git_url, default_branch, config, created_at) "
              "VALUES(?1, ?2, ?3, ?4, ?5, ?6)",
              r.id, cut_text(r.name, title_bytes_max), cut_text(r.git_url, title_bytes_max),
              cut_text(r.default_branch, title_bytes_max), config, as_text(r.created_at))
            .exec();
    });
}

void sqlite_town_store::put_rig(const rig& r) {
    db_.run("writing a rig", [&] {
        const auto config = merged_config(r);
        if (!fits(config, metadata_bytes_max, "the configuration", r.id)) return;
        query(db_,
              "UPDATE rigs SET name = ?2, git_url = ?3, default_branch = ?4, config = ?5 "
              "WHERE id = ?1",
              r.id, cut_text(r.name, title_bytes_max), cut_text(r.git_url, title_bytes_max),
              cut_text(r.default_branch, title_bytes_max), config)
            .exec();
        expect_changed("rig", r.id);
    });
}

void sqlite_town_store::delete_rig(std::string_view id) {
    db_.run("deleting a rig", [&] { query(db_, "DELETE FROM rigs WHERE id = ?1", id).exec(); });
}

std::vector<town_store::stored_breaker> sqlite_town_store::breakers() {
    return db_.run("reading breakers", [&] {
        std::vector<stored_breaker> out;
        query row(db_, "SELECT key, state FROM townd_breakers ORDER BY key");
        while (row.next())
            out.push_back({row.text(0), row.text(1)});
        return out;
    });
}

void sqlite_town_store::put_breaker(const stored_breaker& b) {
    db_.run("writing a breaker", [&] {
        if (!fits(b.state_json, metadata_bytes_max, "the state", b.key)) return;
        query(db_,
              "INSERT INTO townd_breakers(key, state) VALUES(?1, ?2) "
              "ON CONFLICT(key) DO UPDATE SET state = excluded.state",
              b.key, b.state_json)
            .exec();
    });
}

void sqlite_town_store::delete_breaker(std::string_view key) {
    db_.run("deleting a breaker",
            [&] { query(db_, "DELETE FROM townd_breakers WHERE key = ?1", key).exec(); });
}

}  // namespace townd::store
