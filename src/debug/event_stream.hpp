#pragma once
// The fleet's events as they happen, as server-sent events (text/event-stream).
//
// `id:` is the event's seq, `event:` its type, `data:` one line of JSON. Beside the events come
// `summary` frames, the JSON of /debug/v1/summary, made once for all clients; and `resync` when a
// client missed events that are gone, or was too slow: it then reads the lists anew.

#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "debug/route_book.hpp"
#include "http/stream.hpp"

namespace townd::debug {

/// All streams of this face. Any thread; nobody waits for a client.
class event_feed : public std::enable_shared_from_this<event_feed> {
public:
    static constexpr std::size_t clients_max = 32;  ///< Over all listeners.
    static constexpr duration summary_pause{250};
    static constexpr duration summary_at_least{5'000};

    explicit event_feed(shared_face f) : face_(std::move(f)) {}

    /// Answers `GET /debug/v1/events/stream`.
    [[nodiscard]] http::response open(const http::request& call);
    /// Gives the clients what is new. Called by their sessions, about four times a second each.
    void look();

private:
    struct client {
        std::weak_ptr<http::stream> to;
        engine::event_query which;  ///< `after`: up to where it has all.
        bool events = true;
        bool summaries = true;
        bool live = false;  ///< It once had all; from then on it must keep up.
    };
    using frame = http::stream::frame;

    [[nodiscard]] std::shared_ptr<http::stream> admit(client&& wanted);
    void prune();
    void fill(client& c, http::stream& to);
    void tell_gap(client& c, http::stream& to, const engine::event_page& page);
    [[nodiscard]] frame frame_of(const engine::fleet_event& e);
    void look_at_summary();

    const shared_face face_;
    std::mutex mutex_;  // Guards all below.
    std::vector<client> clients_;
    std::map<std::int64_t, frame> rendered_;  // The newest few: many clients want the same.
    frame summary_;                           // The newest.
    std::string steady_;                      // What of it does not change by the clock alone.
    instant summary_due_{};
    instant summary_sent_{};
};

void add_event_routes(route_book& to, const shared_face& f);

}  // namespace townd::debug
