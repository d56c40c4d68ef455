#include "standin/town_call.hpp"

#include <algorithm>
#include <utility>

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

town_call::town_call(std::shared_ptr<world> in, http_call what, answered then)
    : world_{std::move(in)},
      call_{std::move(what)},
      then_{std::move(then)},
      pause_{world_->io},
      tries_left_{world_->opts.callback_tries},
      backoff_{world_->opts.callback_backoff} {}

std::shared_ptr<town_call> town_call::begin(std::shared_ptr<world> in, http_call what,
                                            answered then) {
    auto made = std::make_shared<town_call>(std::move(in), std::move(what), std::move(then));
    made->send();
    return made;
}

void town_call::cancel() {
    then_ = nullptr;
    pause_.cancel();
}

void town_call::send() {
    --tries_left_;
    // The callback port may keep this longer than our io_context and its timers exist.
    auto done = [way_in = world_->way_in, weak = weak_from_this()](http_answer answer) {
        way_in->post([weak, answer = std::move(answer)] {
            const auto self = weak.lock();
            if (!self) return;
            const std::lock_guard lock{self->world_->mutex};
            self->have(answer);
        });
    };
    world_->client.call(call_, std::move(done));
}

void town_call::have(const http_answer& answer) {
    if (!then_) return;
    if (!is_transient(answer)) {
        const bool good = *answer.status >= 200 && *answer.status < 300;
        return end(good ? delivery::accepted : delivery::rejected, data_of(answer));
    }
    if (tries_left_ <= 0) return end(delivery::unreachable, nullptr);
    const duration hint = std::min(answer.retry_after.value_or(duration{0}), hint_max);
    pause_.expires_after(std::max(backoff_, hint));
    backoff_ = std::min(backoff_ * 2, backoff_max);
    pause_.async_wait([self = shared_from_this()](const auto& cancelled) {
        const std::lock_guard lock{self->world_->mutex};
        if (!cancelled && self->then_) self->send();
    });
}

void town_call::end(delivery how, const json& data) {
    std::exchange(then_, nullptr)(how, data);
}

}  // namespace townd::standin
