#include "standin/replacement.hpp"

#include <utility>

namespace townd::standin {

replacement::replacement(std::shared_ptr<world> in) : world_{std::move(in)}, timer_{world_->io} {}

void replacement::later(duration wait, void (replacement::*next)()) {
    timer_.expires_after(wait);
    timer_.async_wait([self = shared_from_this(), next, epoch = epoch_](const auto& cancelled) {
        const std::lock_guard lock{self->world_->mutex};
        if (!cancelled && self->epoch_ == epoch) ((*self).*next)();
    });
}

void replacement::begin() {
    if (state_ != state::serving) return;
    state_ = state::draining;
    for (auto& [town, at] : homes_)
        tell(town, at, "/container-eviction", json::object());
    later(world_->opts.drain_time, &replacement::put_out);
}

void replacement::put_out() {
    steps_.put_out([weak = weak_from_this(), epoch = epoch_] {
        const auto self = weak.lock();
        if (self && self->epoch_ == epoch) self->leave();
    });
}

void replacement::leave() {
    state_ = state::gone;
    ++epoch_;
    later(world_->opts.replace_time, &replacement::arrive);
}

void replacement::arrive() {
    state_ = state::serving;
    steps_.renew();
}

void replacement::cut_off() {
    ++epoch_;
    timer_.cancel();
    state_ = state::serving;
    for (auto& [town, at] : homes_)
        if (at.call) at.call->cancel();
}

void replacement::hear_of(const start_request& what) {
    if (what.api_url.empty()) return;
    if (homes_.size() >= towns_known_max && !homes_.contains(what.town)) return;
    auto& at = homes_[what.town];
    at.api_url = what.api_url;
    if (!what.container_token.empty()) at.token = what.container_token;
}

void replacement::take_token(const town_id& town, const std::string& token) {
    if (const auto found = homes_.find(town); found != homes_.end()) found->second.token = token;
}

void replacement::hear_nonce(const town_id& town, const std::string& nonce) {
    if (state_ != state::serving || nonce.empty()) return;
    const auto found = homes_.find(town);
    if (found == homes_.end() || found->second.nonce_said == nonce) return;
    found->second.nonce_said = nonce;
    tell(town, found->second, "/container-ready",
         {{"nonce", nonce}, {"containerInstanceId", world_->instance_id}});
}

void replacement::tell(const town_id& town, home& at, std::string_view route, const json& body) {
    http_call call;
    call.method = "POST";
    call.url = at.api_url;
    call.target = "/api/towns/" + encode_segment(town) + std::string{route};
    if (!at.token.empty()) call.headers.emplace_back("Authorization", "Bearer " + at.token);
    call.body = dump_json(body);
    call.connect_timeout = duration{2'000};
    call.total_timeout = duration{10'000};
    if (at.call) at.call->cancel();
    at.call = town_call::begin(
        world_, std::move(call),
        [weak = weak_from_this(), town, nonce = at.nonce_said](delivery how, const json&) {
            const auto self = weak.lock();
            if (!self || how == delivery::accepted) return;
            // Not heard: said again at the next health check.
            auto& again = self->homes_[town];
            if (again.nonce_said == nonce) again.nonce_said.clear();
        });
}

}  // namespace townd::standin
