#include "engine/chronicle.hpp"

#include <algorithm>
#include <map>
#include <mutex>
#include <utility>

#include "engine/chronicle_parts.hpp"
#include "engine/chronicle_words.hpp"
#include "sys/event_words.hpp"

namespace townd::engine {
namespace {

constexpr std::size_t text_bytes_max = 2048;
constexpr std::size_t word_bytes_max = 40;
constexpr int failure_burst = 1;
constexpr int note_burst = 20;
constexpr int transition_burst = 100;
constexpr int page_max = 1000;

// Out of memory, an event is lost; the work that it is about goes on.
template <class Action>
void quietly(const Action& action) noexcept {
    try {
        action();
    } catch (...) {
        return;
    }
}

bool is_probing(std::string_view state) {
    return state == "open" || state == "half_open";
}

std::optional<std::size_t> place_of(std::string_view role) {
    const auto parsed = parse_agent_role(role);
    if (!parsed) return std::nullopt;
    return static_cast<std::size_t>(*parsed);
}

}  // namespace

struct chronicle::parts {
    using listener = std::shared_ptr<const std::function<void(const fleet_event&)>>;

    mutable std::mutex mutex;  // Guards all below.
    event_shelf events;
    minute_ring minutes;
    cause_table causes;
    transition_shelf transitions;
    sys::storm storm;
    std::map<int, listener> listeners;
    int listeners_ever = 0;

    // Without the lock.
    void tell(const std::vector<event_ptr>& news) const {
        if (news.empty()) return;
        std::vector<listener> to;
        {
            const std::lock_guard lock{mutex};
            for (const auto& [number, each] : listeners)
                to.push_back(each);
        }
        for (const auto& each : to)
            for (const auto& one : news)
                (*each)(*one);
    }
};

chronicle::chronicle(const clock_port& clock) : clock_(clock), parts_(std::make_unique<parts>()) {}

chronicle::~chronicle() = default;

// ---- What is told -------------------------------------------------------------------------------

void chronicle::add(std::shared_ptr<fleet_event> what) {
    what->at = clock_.now();
    what->text = clean_text(what->text.empty() ? what->type : what->text, text_bytes_max);
    std::vector<event_ptr> news;
    {
        const std::lock_guard lock{parts_->mutex};
        parts_->events.add(std::move(what), news);
    }
    parts_->tell(news);
}

void chronicle::add_held_back(fleet_event what, int burst) {
    const std::string kind = kind_of(what);
    const instant now = clock_.now();
    bool at_once = false;
    {
        const std::lock_guard lock{parts_->mutex};
        at_once = parts_->storm.admit(kind, what.town, what.text, burst, now);
    }
    if (at_once) add(std::make_shared<fleet_event>(std::move(what)));
    write_due();
}

void chronicle::write_due() {
    std::vector<sys::storm_summary> due;
    {
        const std::lock_guard lock{parts_->mutex};
        const instant now = clock_.now();
        if (parts_->storm.next_due() > now) return;
        due = parts_->storm.take_due(now);
    }
    for (const auto& each : due)
        add(std::make_shared<fleet_event>(summary_of(each)));
}

void chronicle::count(std::string_view role, int minute_counts::*figure, int by) {
    const auto place = place_of(role);
    if (!place) return;
    const instant now = clock_.now();
    const std::lock_guard lock{parts_->mutex};
    parts_->minutes.count(now, *place, figure, by);
}

void chronicle::attempt_started(const town_id& /*town*/, const dispatch& /*what*/) {}

void chronicle::attempt_ended(const town_id& town, const dispatch& what, duration /*took*/) {
    quietly([&] {
        const auto role = to_text(what.role);
        switch (what.outcome) {
            case attempt_outcome::success:
                return count(role, &minute_counts::ok, 1);
            case attempt_outcome::neutral:
                return count(role, &minute_counts::neutral, 1);
            case attempt_outcome::failure:
                return add_failure(town, what, "attempt_failed");
            case attempt_outcome::in_flight:
                return;
            case attempt_outcome::unknown:
                break;
        }
        count(role, &minute_counts::unknown, 1);
        auto event = event_of("attempt_unknown", town, what);
        event.text = sys::sentence("no answer whether it started:", what);
        add_held_back(std::move(event), failure_burst);
    });
}

void chronicle::session_failed(const town_id& town, const dispatch& what) {
    quietly([&] { add_failure(town, what, "session_failed"); });
}

void chronicle::add_failure(const town_id& town, const dispatch& what, const char* type) {
    auto seen = std::make_shared<seen_failure>(seen_failure{town, clock_.now(), what});
    // A failure without an error is a bug elsewhere; it is shown as what it is, never left out.
    if (!seen->what.error)
        seen->what.error.emplace(error_code::unknown, error_phase::prepare, blame::unknown, "");
    auto event = event_of(type, town, seen->what);
    const bool start = event.type == "attempt_failed";
    event.text = sys::sentence(start ? "failed to start" : "lost a running", seen->what);
    count(event.role, &minute_counts::failed, 1);
    {
        const std::lock_guard lock{parts_->mutex};
        parts_->causes.add(event.fingerprint, std::move(seen));
    }
    add_held_back(std::move(event), failure_burst);
}

void chronicle::breaker_changed(const town_id& town, std::string_view key, std::string_view scope,
                                std::string_view role, std::string_view from, std::string_view to,
                                std::string_view cause) {
    quietly([&] {
        breaker_transition change{
            clock_.now(),  name_of(town), name_of(key), name_of(scope),
            name_of(role), name_of(from), name_of(to),  clean_text(cause, error_message_bytes_max)};
        {
            const std::lock_guard lock{parts_->mutex};
            parts_->transitions.add(std::move(change));
        }
        if (is_probing(from) && is_probing(to)) return write_due();
        auto event = event_of("breaker_changed", to == "open" ? "warn" : "info", town);
        event.role = name_of(role);
        event.text = std::string{scope} + " breaker";
        if (scope != key) (event.text += ' ') += key;
        event.text += ": " + std::string{from} + " -> " + std::string{to};
        if (!cause.empty()) event.text += ", because of " + std::string{cause};
        add_held_back(std::move(event), transition_burst);
    });
}

void chronicle::outage_changed(const outage_event& what) {
    quietly([&] {
        const bool opened = what.what == outage_event::kind::opened;
        auto event = std::make_shared<fleet_event>(
            event_of("outage_changed", opened ? "warn" : "info", town_id{}));
        event->role = to_text(what.role);
        event->fingerprint = name_of(what.fingerprint);
        event->text = sys::sentence(what);
        add(std::move(event));
        write_due();
    });
}

void chronicle::starts_suppressed(const town_id& /*town*/, std::string_view role,
                                  std::string_view /*reason*/, int count_more) {
    quietly([&] { count(role, &minute_counts::suppressed, count_more); });
}

void chronicle::tick_done(const town_id& /*town*/, duration /*took*/, int /*actions*/,
                          int /*started*/) {}

void chronicle::action_applied(std::string_view /*type*/) {}

void chronicle::storage_failed(const town_id& town, std::string_view op, const failure& why) {
    quietly([&] {
        auto event = event_of("storage_failed", "error", town);
        event.code = to_text(why.kind);
        event.text = "storage failed to " + std::string{op} + ": " + why.what;
        add_held_back(std::move(event), note_burst);
    });
}

void chronicle::note(const town_id& town, std::string_view event, std::string_view text) {
    quietly([&] {
        auto what = event_of("note." + clean_text(event, word_bytes_max), "info", town);
        what.text = text;
        add_held_back(std::move(what), note_burst);
    });
}

void chronicle::warn(const town_id& town, std::string_view event, std::string_view text) {
    quietly([&] {
        auto what = event_of("warning." + clean_text(event, word_bytes_max), "warn", town);
        what.text = text;
        add_held_back(std::move(what), note_burst);
    });
}

void chronicle::sample(int dispatching, int towns) {
    quietly([&] {
        {
            const instant now = clock_.now();
            const std::lock_guard lock{parts_->mutex};
            parts_->minutes.sample(now, dispatching, towns);
        }
        write_due();
    });
}

// ---- What is asked ------------------------------------------------------------------------------

event_page chronicle::events(const event_query& which) const {
    event_page out;
    std::vector<event_ptr> found;
    {
        const std::lock_guard lock{parts_->mutex};
        out.oldest = parts_->events.oldest();
        out.newest = parts_->events.newest();
        found = which.after ? parts_->events.above(*which.after)
                            : parts_->events.below(which.before.value_or(out.newest + 1));
    }
    if (!which.after) std::reverse(found.begin(), found.end());
    const auto limit = static_cast<std::size_t>(std::clamp(which.limit, 1, page_max));
    for (const auto& each : found) {
        if (!is_wanted(which, *each)) continue;
        if (out.items.size() == limit) {
            out.more = true;
            break;
        }
        out.items.push_back(*each);
    }
    return out;
}

std::int64_t chronicle::newest() const {
    const std::lock_guard lock{parts_->mutex};
    return parts_->events.newest();
}

std::vector<minute_counts> chronicle::minutes(int count, const std::string& role) const {
    const instant now = clock_.now();
    const auto place = place_of(role);
    const std::lock_guard lock{parts_->mutex};
    return parts_->minutes.newest(now, count, place);
}

std::vector<cause> chronicle::causes() const {
    const instant now = clock_.now();
    const std::lock_guard lock{parts_->mutex};
    return parts_->causes.all(now);
}

std::optional<cause> chronicle::find_cause(const std::string& fingerprint) const {
    const instant now = clock_.now();
    const std::lock_guard lock{parts_->mutex};
    return parts_->causes.find(fingerprint, now);
}

std::vector<breaker_transition> chronicle::transitions(const town_id& town,
                                                       const std::string& key) const {
    const std::lock_guard lock{parts_->mutex};
    return parts_->transitions.of(town, key);
}

int chronicle::subscribe(std::function<void(const fleet_event&)> then) {
    auto kept = std::make_shared<const std::function<void(const fleet_event&)>>(std::move(then));
    const std::lock_guard lock{parts_->mutex};
    const int number = ++parts_->listeners_ever;
    parts_->listeners.emplace(number, std::move(kept));
    return number;
}

void chronicle::unsubscribe(int number) {
    const std::lock_guard lock{parts_->mutex};
    parts_->listeners.erase(number);
}

// ---- What is kept -------------------------------------------------------------------------------

void chronicle::await_restore() {
    const std::lock_guard lock{parts_->mutex};
    parts_->events.await_restore();
}

void chronicle::restore(std::vector<fleet_event> kept, std::int64_t used) {
    std::vector<event_ptr> shared;
    shared.reserve(kept.size());
    for (auto& each : kept)
        shared.push_back(std::make_shared<const fleet_event>(std::move(each)));
    std::vector<event_ptr> news;
    {
        const std::lock_guard lock{parts_->mutex};
        parts_->events.restore(std::move(shared), used, news);
    }
    parts_->tell(news);
}

std::vector<fleet_event> chronicle::take_unwritten() {
    std::vector<event_ptr> shared;
    {
        const std::lock_guard lock{parts_->mutex};
        shared = parts_->events.take_unwritten();
    }
    std::vector<fleet_event> out;
    out.reserve(shared.size());
    for (const auto& each : shared)
        out.push_back(*each);
    return out;
}

void chronicle::put_back(std::vector<fleet_event> unwritten) {
    std::vector<event_ptr> shared;
    shared.reserve(unwritten.size());
    for (auto& each : unwritten)
        shared.push_back(std::make_shared<const fleet_event>(std::move(each)));
    const std::lock_guard lock{parts_->mutex};
    parts_->events.put_back(std::move(shared));
}

std::uint64_t chronicle::lost() const {
    const std::lock_guard lock{parts_->mutex};
    return parts_->events.lost();
}

}  // namespace townd::engine
