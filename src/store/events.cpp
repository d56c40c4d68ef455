// Events that wait to be applied, and those that were set aside.

#include "store/kept.hpp"
#include "store/query.hpp"
#include "store/sqlite_town_store.hpp"

namespace townd::store {
void sqlite_town_store::add_town_event(std::string_view id, std::string_view type,
                                       const std::optional<agent_id>& agent,
                                       const std::optional<bead_id>& bead,
                                       std::string_view payload_json, instant at, bool processed) {
    db_.run("writing a town event", [&] {
        if (!fits(payload_json, event_data_bytes_max, "the payload of the event", id)) return;
        const auto when = as_text(at);
        const std::optional<std::string> done =
            processed ? std::optional<std::string>{when} : std::nullopt;
        // An event that came twice is one event (incident row E13).
        query(db_,
              "INSERT INTO town_events(event_id, event_type, agent_id, bead_id, payload, "
              "created_at, processed_at) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7) "
              "ON CONFLICT(event_id) DO NOTHING",
              id, cut_text(type, title_bytes_max), agent, bead, payload_json, when, done)
            .exec();
        const auto newest = db_.database().getLastInsertRowid();
        if (db_.changes() == 0 || newest % prune_stride != 0) return;
        query(db_, "DELETE FROM town_events WHERE rowid <= ?1 AND processed_at IS NOT NULL",
              newest - town_events_kept_max)
            .exec();
    });
}

namespace {

// Out here, not in the function: GCC 12.2 leaves a vector of a local class uninitialised when it is
// made inside a lambda.
struct waiting_event {
    instant at;
    std::int64_t row = 0;
};

}  // namespace

std::vector<town_event> sqlite_town_store::pending_town_events(int limit) {
    // The index holds all that the first query needs. Texts of two formats cannot be ordered, times
    // can (incident row C10).
    return db_.run("reading pending events", [&] {
        std::vector<town_event> out;
        std::vector<waiting_event> all;
        {
            query row(db_, "SELECT rowid, created_at FROM town_events WHERE processed_at IS NULL");
            while (row.next())
                all.push_back({row.time(1), row.number(0)});
        }
        const auto count = std::min(all.size(), static_cast<std::size_t>(std::max(limit, 0)));
        std::partial_sort(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(count), all.end(),
                          [](const waiting_event& a, const waiting_event& b) {
                              return a.at != b.at ? a.at < b.at : a.row < b.row;
                          });
        all.resize(count);
        for (const auto& [at, rowid] : all) {
            try {
                query row(db_,
                          "SELECT e.event_id, e.event_type, e.agent_id, e.bead_id, e.payload, "
                          "e.created_at, p.tries FROM town_events e LEFT JOIN townd_poison p "
                          "ON p.event_id = e.event_id WHERE e.rowid = ?1",
                          rowid);
                if (!row.next()) continue;
                out.push_back({row.text(0), row.text(1), row.optional_text(2), row.optional_text(3),
                               row.is_null(4) ? "{}" : row.text(4), row.text(5),
                               row.small_number(6)});
            } catch (const SQLite::Exception& e) {
                if (!explain(e, "", "", 0).too_big) throw;
                set_aside_too_big(rowid, at);
            }
        }
        return out;
    });
}

void sqlite_town_store::town_event_done(std::string_view id, instant at) {
    db_.run("closing an event", [&] {
        query(db_, "UPDATE town_events SET processed_at = ?2 WHERE event_id = ?1", id, as_text(at))
            .exec();
        query(db_, "DELETE FROM townd_poison WHERE event_id = ?1 AND tries < ?2", id,
              event_tries_max)
            .exec();
    });
}

int sqlite_town_store::town_event_failed(std::string_view id, std::string_view error, instant at) {
    return db_.run("counting a failed event", [&] {
        std::string type;
        int tries = 0;
        {
            query row(db_,
                      "SELECT e.event_type, p.tries FROM town_events e LEFT JOIN townd_poison p "
                      "ON p.event_id = e.event_id WHERE e.event_id = ?1",
                      id);
            if (!row.next()) return 0;  // Gone with its bead.
            type = row.text(0);
            tries = row.small_number(1) + 1;
        }
        set_aside(id, type, tries, error, at);
        return tries;
    });
}

// A row that is too big cannot even be marked as done: its payload goes, and its record stays.
void sqlite_town_store::set_aside_too_big(std::int64_t rowid, instant at) {
    query(db_, "UPDATE town_events SET payload = '{}' WHERE rowid = ?1", rowid).exec();
    std::string id, type;
    {
        query row(db_, "SELECT event_id, event_type FROM town_events WHERE rowid = ?1", rowid);
        if (!row.next()) return;
        id = row.text(0);
        type = row.text(1);
    }
    set_aside(id, type, event_tries_max,
              "the payload was over " + std::to_string(sqlite_length_max) +
                  " bytes; it was taken out, and the event was never applied",
              at);
}

// Counts the try; at the last one the event is closed as well, so that neither we nor the original
// would take it up again.
void sqlite_town_store::set_aside(std::string_view id, std::string_view type, int tries,
                                  std::string_view error, instant at) {
    const std::string words = error.empty() ? "it failed without a text" : std::string{error};
    query(db_,
          "INSERT INTO townd_poison(event_id, type, tries, error, at) VALUES(?1, ?2, ?3, ?4, ?5) "
          "ON CONFLICT(event_id) DO UPDATE SET tries = excluded.tries, error = excluded.error, "
          "at = excluded.at",
          id, type, tries, cut_text(words, event_error_bytes_max), unix_ms(at))
        .exec();
    if (tries < event_tries_max) return;
    query(db_, "UPDATE town_events SET processed_at = ?2 WHERE event_id = ?1", id, as_text(at))
        .exec();
    query(db_, "DELETE FROM townd_poison WHERE rowid <= (SELECT max(rowid) FROM townd_poison) - ?1",
          poison_events_kept_max)
        .exec();
}

std::vector<poison_event> sqlite_town_store::poison_events() {
    return db_.run("reading events that were set aside", [&] {
        std::vector<poison_event> out;
        query row(db_,
                  "SELECT event_id, type, tries, error, at FROM townd_poison WHERE tries >= ?1 "
                  "ORDER BY at DESC, rowid DESC",
                  event_tries_max);
        while (row.next())
            out.push_back({row.text(0), row.text(1), row.small_number(2), row.text(3), row.ms(4)});
        return out;
    });
}

}  // namespace townd::store
