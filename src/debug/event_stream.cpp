#include "debug/event_stream.hpp"

#include <algorithm>
#include <utility>

#include "debug/event_list.hpp"
#include "debug/fleet_lists.hpp"

namespace townd::debug {
namespace {

constexpr std::size_t rendered_max = 1024;
// Rendering takes at most this part of the time, however large the fleet.
constexpr int render_share = 10;

// Counts a client for as long as its stream exists.
class seat {
public:
    explicit seat(std::shared_ptr<stream_counts> counts) : counts_(std::move(counts)) {
        if (counts_) ++counts_->clients;
    }
    ~seat() {
        if (counts_) --counts_->clients;
    }
    seat(const seat&) = delete;
    seat& operator=(const seat&) = delete;

private:
    const std::shared_ptr<stream_counts> counts_;
};

// `data` is one line: dump_json breaks none.
std::string frame_text(std::string_view id, std::string_view event, const json& data) {
    std::string out;
    if (!id.empty()) out.append("id: ").append(id).append("\n");
    out.append("event: ").append(event).append("\ndata: ").append(dump_json(data)).append("\n\n");
    return out;
}

bool moves_with_time(std::string_view key) {
    return key == "as_of" || key == "generation" || key == "reconciler" ||
           key.ends_with("_age_seconds") || key.ends_with("_in_seconds");
}

json without_time(const json& from) {
    if (!from.is_structured()) return from;
    json out = from.is_array() ? json::array() : json::object();
    if (from.is_array()) {
        for (const auto& each : from)
            out.push_back(without_time(each));
        return out;
    }
    for (const auto& [key, value] : from.items())
        if (!moves_with_time(key)) out[key] = without_time(value);
    return out;
}

http::response stream_response(std::shared_ptr<http::stream> of) {
    http::response out;
    out.content_type = "text/event-stream; charset=utf-8";
    out.headers.emplace_back("X-Accel-Buffering", "no");
    out.stream = std::move(of);
    return out;
}

}  // namespace

void event_feed::prune() {
    std::erase_if(clients_, [](const client& c) {
        const auto to = c.to.lock();
        return !to || to->over();
    });
}

std::shared_ptr<http::stream> event_feed::admit(client&& wanted) {
    const std::lock_guard lock(mutex_);
    prune();
    if (clients_.size() >= clients_max) return nullptr;
    const auto counts = face_->options.streams;
    http::stream::plan plan;
    plan.heartbeat = ":\n\n";
    plan.parting = frame_text({}, "resync", {{"reason", "slow"}});
    plan.on_time = [feed = shared_from_this(), here = std::make_shared<seat>(counts)] {
        feed->look();
    };
    plan.on_dropped = [counts](std::size_t frames) {
        if (counts) counts->dropped += frames;
    };
    auto to = std::make_shared<http::stream>(std::move(plan));
    to->send(": events of townd\nretry: 3000\n\n");
    wanted.to = to;
    auto& c = clients_.emplace_back(std::move(wanted));
    if (c.events) fill(c, *to);
    if (c.summaries && clients_.size() > 1 && summary_) to->send(summary_);
    if (clients_.size() == 1) {  // What was rendered may be hours old.
        summary_due_ = instant{};
        steady_.clear();
    }
    look_at_summary();
    return to;
}

http::response event_feed::open(const http::request& call) {
    const auto* history = face_->options.history;
    if (history == nullptr) return problem(call, 404, "not_found", "this process keeps no events");
    http::request asked_for = call;
    // A browser that comes back says so in the header; its URL is as old as the page.
    if (const auto last = call.header("last-event-id"); !last.empty())
        asked_for.query["after"] = std::string{last};
    auto which = event_query_of(asked_for);
    if (!which.has_value()) return problem(call, which.error());
    client wanted;
    wanted.which = std::move(which.value());
    auto& types = wanted.which.types;
    wanted.summaries = types.empty() || types.erase("summary") > 0;
    wanted.events = asked(call, "type").empty() || !types.empty();
    if (!wanted.which.after) {
        wanted.which.after = history->newest();
        wanted.live = true;
    }
    // Nobody will read it.
    if (call.method == "HEAD")
        return stream_response(std::make_shared<http::stream>(http::stream::plan{}));
    auto to = admit(std::move(wanted));
    if (to == nullptr)
        return problem(call, 503, "overloaded",
                       std::to_string(clients_max) + " streams are open already; close one");
    return stream_response(std::move(to));
}

void event_feed::look() {
    const std::lock_guard lock(mutex_);
    for (auto& each : clients_)
        if (const auto to = each.to.lock(); to && each.events) fill(each, *to);
    prune();
    look_at_summary();
}

// ---- Events -------------------------------------------------------------------------------------

event_feed::frame event_feed::frame_of(const engine::fleet_event& e) {
    const auto known = rendered_.find(e.seq);
    if (known != rendered_.end()) return known->second;
    auto made = std::make_shared<const std::string>(
        frame_text(std::to_string(e.seq), e.type, fleet_event_json(e)));
    rendered_.emplace(e.seq, made);
    if (rendered_.size() > rendered_max) rendered_.erase(rendered_.begin());
    return made;
}

// What came after its last event is not kept any more, or this is another history altogether.
void event_feed::tell_gap(client& c, http::stream& to, const engine::event_page& page) {
    to.send(
        frame_text(std::to_string(page.newest), "resync",
                   {{"reason", "gap"}, {"oldest_seq", page.oldest}, {"newest_seq", page.newest}}));
    c.which.after = page.newest;
    c.live = true;
}

void event_feed::fill(client& c, http::stream& to) {
    const auto& history = *face_->options.history;
    const std::int64_t after = c.which.after.value_or(0);
    if (history.newest() == after) {
        c.live = true;
        return;
    }
    const std::size_t room = to.room();
    if (room == 0 && !c.live) return;  // It reads what is old at its own pace.
    c.which.limit = static_cast<int>(std::max<std::size_t>(room, 1));
    const auto page = history.events(c.which);
    const bool gap = after > page.newest || (after > 0 && page.oldest > after + 1);
    if (gap) return tell_gap(c, to, page);
    for (const auto& each : page.items)
        if (!to.send(frame_of(each))) return;
    c.which.after = page.more ? page.items.back().seq : page.newest;
    c.live = c.live || !page.more;
}

// ---- Summaries ----------------------------------------------------------------------------------

void event_feed::look_at_summary() {
    const instant now = face_->now();
    const bool anybody =
        std::any_of(clients_.begin(), clients_.end(), [](const client& c) { return c.summaries; });
    if (!anybody || now < summary_due_) return;
    const json summary = summary_json(*face_, look_over(*face_, face_->fleet.summaries()));
    auto steady = dump_json(without_time(summary));
    const instant done = face_->now();
    summary_due_ = now + std::max<duration>(summary_pause, render_share * (done - now));
    if (steady == steady_ && now < summary_sent_ + summary_at_least && summary_) return;
    steady_ = std::move(steady);
    summary_ = std::make_shared<const std::string>(frame_text({}, "summary", summary));
    summary_sent_ = now;
    for (const auto& each : clients_) {
        if (!each.summaries) continue;
        // Who has no room gets a later one.
        if (const auto to = each.to.lock(); to && to->room() > 0) to->send(summary_);
    }
}

void add_event_routes(route_book& to, const shared_face& f) {
    to.add("GET", "/debug/v1/events",
           guard([f](const http::request& call, const http::responder& reply) {
               reply(event_list(*f, call));
           }));
    const auto feed = std::make_shared<event_feed>(f);
    to.add("GET", "/debug/v1/events/stream",
           guard([feed](const http::request& call, const http::responder& reply) {
               reply(feed->open(call));
           }));
}

}  // namespace townd::debug
