// How an agent's callbacks reach the town API: one call at a time per timer, again while the API
// is away, never again after it said no.

#include <algorithm>
#include <utility>

#include "standin/agent_life.hpp"

namespace townd::standin {
namespace {

constexpr duration backoff_max{2'000};
constexpr duration hint_max{5'000};

bool is_transient(const http_answer& answer) {
    if (answer.error || !answer.status) return true;
    return *answer.status >= 500 || *answer.status == 429 || *answer.status == 408;
}

json data_of(const http_answer& answer) {
    const auto parsed = parse_json(answer.body);
    if (!parsed || !parsed->is_object() || !parsed->contains("data")) return nullptr;
    return (*parsed)["data"];
}

}  // namespace

struct agent_life::outgoing {
    boost::asio::steady_timer& timer;  // The agent's own.
    std::string method;
    std::string target;
    json body;
    answered then;
    std::uint64_t epoch;
    int tries_left;
    duration backoff;
};

std::string agent_life::rig_path() const {
    // A mayor has no rig, a path needs a segment.
    const std::string rig = what_.rig.empty() ? "mayor" : what_.rig;
    return "/api/towns/" + encode_segment(what_.town) + "/rigs/" + encode_segment(rig);
}

std::string agent_life::agent_path() const {
    return rig_path() + "/agents/" + encode_segment(what_.agent);
}

http_call agent_life::call_of(const outgoing& what) const {
    http_call call;
    call.method = what.method;
    call.url = what_.api_url;
    call.target = what.target;
    const auto& token = what_.session_token.empty() ? what_.container_token : what_.session_token;
    if (!token.empty()) call.headers.emplace_back("Authorization", "Bearer " + token);
    call.headers.emplace_back("X-Gastown-Agent-Id", what_.agent);
    call.headers.emplace_back("X-Gastown-Rig-Id", what_.rig);
    if (!what_.dispatch.empty()) call.headers.emplace_back("X-Dispatch-Id", what_.dispatch);
    if (!what.body.is_null()) call.body = dump_json(what.body);
    call.connect_timeout = duration{2'000};
    call.total_timeout = duration{10'000};
    return call;
}

void agent_life::send(boost::asio::steady_timer& timer, std::string method, std::string target,
                      json body, answered then) {
    auto what = std::make_shared<outgoing>(
        outgoing{timer, std::move(method), std::move(target), std::move(body), std::move(then),
                 epoch_, world_->opts.callback_tries, world_->opts.callback_backoff});
    if (what_.api_url.empty()) {
        // Nobody to tell: as if nobody answered.
        what->then(delivery::unreachable, nullptr);
        return;
    }
    send_again(what);
}

void agent_life::send_again(const std::shared_ptr<outgoing>& what) {
    --what->tries_left;
    // Weak: the port may keep this longer than our io_context and its timers exist.
    auto done = [way_in = world_->way_in, weak = weak_from_this(), what](http_answer answer) {
        way_in->post([weak, what, answer = std::move(answer)] {
            const auto self = weak.lock();
            if (!self) return;
            const std::lock_guard lock{self->world_->mutex};
            if (self->epoch_ == what->epoch) self->have_answer(what, answer);
        });
    };
    world_->client.call(call_of(*what), std::move(done));
}

void agent_life::have_answer(const std::shared_ptr<outgoing>& what, const http_answer& answer) {
    if (!is_transient(answer)) {
        const bool good = *answer.status >= 200 && *answer.status < 300;
        what->then(good ? delivery::accepted : delivery::rejected, data_of(answer));
        return;
    }
    if (what->tries_left <= 0) return what->then(delivery::unreachable, nullptr);
    const duration hint = std::min(answer.retry_after.value_or(duration{0}), hint_max);
    what->timer.expires_after(std::max(what->backoff, hint));
    what->backoff = std::min(what->backoff * 2, backoff_max);
    what->timer.async_wait([self = shared_from_this(), what](const auto& cancelled) {
        const std::lock_guard lock{self->world_->mutex};
        if (!cancelled && self->epoch_ == what->epoch) self->send_again(what);
    });
}

}  // namespace townd::standin
