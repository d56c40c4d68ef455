#include "store/fleet_events.hpp"

#include <algorithm>

#include "store/query.hpp"

namespace townd::store {
namespace {

constexpr std::size_t name_bytes_max = 300;
constexpr int read_max = 10'000;

std::string name_of(std::string_view text) {
    return clean_text(text, name_bytes_max);
}

}  // namespace

void insert_event(connection& to, const fleet_event_row& e) {
    query(to,
          "INSERT OR REPLACE INTO events(seq, at, type, severity, town, role, agent, bead, "
          "dispatch, code, fingerprint, text) "
          "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
          e.seq, unix_ms(e.at), name_of(e.type), name_of(e.severity), name_of(e.town),
          name_of(e.role), name_of(e.agent), name_of(e.bead), name_of(e.dispatch), name_of(e.code),
          name_of(e.fingerprint), clean_text(e.text, fleet_event_text_bytes_max))
        .exec();
}

void forget_old_events(connection& in, instant now) {
    query(in, "DELETE FROM events WHERE at < ?1", unix_ms(now - fleet_events_for)).exec();
}

void forget_surplus_events(connection& in) {
    query(in,
          "DELETE FROM events WHERE seq <= (SELECT seq FROM events ORDER BY seq DESC "
          "LIMIT 1 OFFSET ?1)",
          fleet_events_max)
        .exec();
}

std::vector<fleet_event_row> read_events(connection& from, int limit) {
    std::vector<fleet_event_row> out;
    query row(from,
              "SELECT seq, at, type, severity, town, role, agent, bead, dispatch, code, "
              "fingerprint, text FROM events ORDER BY seq DESC LIMIT ?1",
              std::clamp(limit, 0, read_max));
    while (row.next()) {
        auto& e = out.emplace_back();
        e.seq = row.number(0);
        e.at = row.ms(1);
        std::string* const texts[] = {&e.type, &e.severity, &e.town, &e.role,        &e.agent,
                                      &e.bead, &e.dispatch, &e.code, &e.fingerprint, &e.text};
        int column = 2;
        for (auto* text : texts)
            *text = row.text(column++);
    }
    std::reverse(out.begin(), out.end());
    return out;
}

}  // namespace townd::store
