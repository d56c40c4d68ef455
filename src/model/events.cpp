// Events that wait to be applied, and those that were set aside.

#include <algorithm>

#include "model/handle.hpp"
#include "model/kept.hpp"

namespace townd::model {

void memory_town_store::add_town_event(std::string_view id, std::string_view type,
                                       const std::optional<agent_id>& agent,
                                       const std::optional<bead_id>& bead,
                                       std::string_view payload_json, instant at, bool processed) {
    constexpr std::string_view doing = "writing a town event";
    if (!may_run(doing)) return;
    if (!fits(payload_json.size(), event_data_bytes_max, "the payload of the event", id)) return;
    if (!row_fits(doing, id, agent, bead)) return;
    auto& table = tables_.events;
    if (table.find(id) != nullptr) return;  // An event that came twice is one (incident row E13).
    event_row row{0,
                  std::string{id},
                  cut_text(type, title_bytes_max),
                  agent,
                  bead,
                  processed ? std::string{} : std::string{payload_json},
                  kept_time(at),
                  processed};
    const auto newest = table.insert(std::move(row)).rowid;
    ++changes_;
    if (newest % town_tables::stride_of(tables_.bounds.town_events) != 0) return;
    const auto last_over = newest - tables_.bounds.town_events;
    for (auto each = table.rows().begin(); each->first <= last_over;) {
        const auto& old = each->second;
        ++each;
        if (old.processed) table.erase(old);
    }
}

std::vector<town_event> memory_town_store::pending_town_events(int limit) {
    if (!may_run("reading pending events")) return {};
    const auto& pending = tables_.events.index().pending();
    const auto count = std::min(pending.size(), static_cast<std::size_t>(std::max(limit, 0)));
    std::vector<town_event> out;
    out.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
        const event_row& row = *pending[i];
        const auto* poison = tables_.poison.find(row.id);
        out.push_back({row.id, row.type, row.agent, row.bead, row.payload, to_rfc3339(row.at),
                       poison == nullptr ? 0 : poison->value.tries});
    }
    return out;
}

// Nothing opens an event again: what it carried is of no use any more.
void memory_town_store::close_event(const event_row& event) {
    ++changes_;
    if (event.processed) return;
    event_row next;
    next.id = event.id;
    next.type = event.type;
    next.bead = event.bead;
    next.at = event.at;
    next.processed = true;
    tables_.events.update(event, std::move(next));
}

void memory_town_store::town_event_done(std::string_view id, instant) {
    if (!may_read("closing an event", id)) return;
    const auto* poison = tables_.poison.find(id);
    if (poison != nullptr && poison->value.tries < event_tries_max) {
        tables_.poison.erase(*poison);
        ++changes_;
    }
    if (const auto* event = tables_.events.find(id)) close_event(*event);
}

int memory_town_store::town_event_failed(std::string_view id, std::string_view error, instant at) {
    if (!may_read("counting a failed event", id)) return 0;
    const auto* event = tables_.events.find(id);
    if (event == nullptr) return 0;  // Gone with its bead.
    const auto* poison = tables_.poison.find(id);
    const int tries = (poison == nullptr ? 0 : poison->value.tries) + 1;
    set_aside(*event, tries, error, at);
    return tries;
}

// Counts the try; at the last one the event is closed as well.
void memory_town_store::set_aside(const event_row& event, int tries, std::string_view error,
                                  instant at) {
    auto& table = tables_.poison;
    const std::string_view words = error.empty() ? "it failed without a text" : error;
    const auto* known = table.find(event.id);
    poison_row next;
    next.value = {event.id, known == nullptr ? event.type : known->value.type, tries,
                  cut_text(words, event_error_bytes_max), at};
    ++changes_;
    if (known == nullptr)
        table.insert(std::move(next));
    else
        table.update(*known, std::move(next));
    if (tries < event_tries_max) return;
    close_event(event);
    const auto last_over = table.newest() - tables_.bounds.poison_events;
    while (table.rows().begin()->first <= last_over) {
        table.erase(table.rows().begin()->second);
        ++changes_;
    }
}

std::vector<poison_event> memory_town_store::poison_events() {
    if (!may_run("reading events that were set aside")) return {};
    std::vector<poison_event> out;
    const auto& rows = tables_.poison.rows();
    for (auto each = rows.rbegin(); each != rows.rend(); ++each)
        if (each->second.value.tries >= event_tries_max) out.push_back(each->second.value);
    std::stable_sort(out.begin(), out.end(),
                     [](const poison_event& a, const poison_event& b) { return a.at > b.at; });
    return out;
}

}  // namespace townd::model
