#include "engine/event_keeper.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace townd::engine {
namespace {

constexpr duration sample_every{10'000};
constexpr std::string_view reserved_key = "events.reserved";
// Numbers are reserved ahead, so that most batches leave the value alone.
constexpr std::int64_t reserve = 20'000;

std::int64_t number_in(const std::optional<std::string>& text) {
    std::int64_t out = 0;
    if (text) std::from_chars(text->data(), text->data() + text->size(), out);
    return std::max<std::int64_t>(out, 0);
}

fleet_event event_of(store::fleet_event_row row) {
    return {row.seq,
            row.at,
            std::move(row.type),
            std::move(row.severity),
            std::move(row.town),
            std::move(row.role),
            std::move(row.agent),
            std::move(row.bead),
            std::move(row.dispatch),
            std::move(row.code),
            std::move(row.fingerprint),
            std::move(row.text)};
}

store::fleet_event_row row_of(const fleet_event& e) {
    return {e.seq,   e.at,   e.type,     e.severity, e.town,        e.role,
            e.agent, e.bead, e.dispatch, e.code,     e.fingerprint, e.text};
}

}  // namespace

event_keeper::event_keeper(chronicle& history, fleet_records& records,
                           std::function<void(chronicle&)> sample)
    : history_(history), records_(records), sample_(std::move(sample)) {
    history_.await_restore();
    records_.on_open([this](store::fleet_store& store) { load(store); });
    records_.on_time(
        [this](const result<store::fleet_store*>& store, instant now) { on_time(store, now); });
}

void event_keeper::load(store::fleet_store& from) {
    if (loaded_) return;  // Opened again after trouble: all is known.
    std::vector<store::fleet_event_row> rows;
    std::int64_t used = 0;
    const auto read = fleet_records::in_one(from, [&](store::fleet_store& in) {
        rows = in.newest_events(static_cast<int>(chronicle::events_max));
        used = number_in(in.value(reserved_key));
        if (!rows.empty()) used = std::max(used, rows.back().seq);
        in.put_value(reserved_key, std::to_string(used + reserve));
    });
    if (!read) return;  // The next opening, or `begin`.
    loaded_ = true;
    reserved_ = used + reserve;
    std::vector<fleet_event> kept;
    kept.reserve(rows.size());
    for (auto& row : rows)
        kept.push_back(event_of(std::move(row)));
    history_.restore(std::move(kept), used);
}

void event_keeper::begin(instant now) {
    // Milliseconds since 1970 are above any number that was given one by one.
    if (!loaded_) history_.restore({}, unix_ms(now));
}

void event_keeper::on_time(const result<store::fleet_store*>& store, instant now) {
    if (now >= sampled_at_ + sample_every) {
        sampled_at_ = now;
        sample_(history_);
    }
    write(store, now, false);
}

void event_keeper::write(const result<store::fleet_store*>& store, instant now, bool last) {
    if (!store) return;
    if (!loaded_) load(**store);
    if (!loaded_) return;
    auto events = history_.take_unwritten();
    if (events.empty() && !last) return;
    std::vector<store::fleet_event_row> rows;
    rows.reserve(events.size());
    for (const auto& each : events)
        rows.push_back(row_of(each));
    const std::int64_t newest = history_.newest();
    const bool reserves = last || newest + reserve / 2 > reserved_;
    const std::int64_t next = last ? newest : newest + reserve;
    const auto written = fleet_records::in_one(**store, [&](store::fleet_store& in) {
        in.add_events(rows, now);
        if (reserves) in.put_value(reserved_key, std::to_string(next));
    });
    if (!written) return history_.put_back(std::move(events));
    if (reserves) reserved_ = next;
}

void event_keeper::write_last() {
    static_cast<void>(records_.post(
        [this](const result<store::fleet_store*>& store) { write(store, sampled_at_, true); }));
}

}  // namespace townd::engine
