#pragma once
// Keeps the chronicle's events in the daemon's database: written in batches on the records' thread,
// read back at the start. A number that a client may have seen is never given to another event.

#include <functional>

#include "engine/chronicle.hpp"
#include "engine/fleet_records.hpp"

namespace townd::engine {

class event_keeper {
public:
    /// `sample` is called on the records' thread about every 10 s. All must outlive the records'
    /// thread. Construct before `records.open`.
    event_keeper(chronicle& history, fleet_records& records,
                 std::function<void(chronicle&)> sample);

    /// After `records.open`, before anything is told: a file that did not open must not keep
    /// events from being seen.
    void begin(instant now);
    /// What is not written yet goes to the file before the records stop. Any thread.
    void write_last();

private:
    void load(store::fleet_store& from);
    void on_time(const result<store::fleet_store*>& store, instant now);
    void write(const result<store::fleet_store*>& store, instant now, bool last);

    chronicle& history_;
    fleet_records& records_;
    const std::function<void(chronicle&)> sample_;
    std::int64_t reserved_ = 0;  // Up to this number, a start after a crash gives none again.
    bool loaded_ = false;
    instant sampled_at_{};
};

}  // namespace townd::engine
