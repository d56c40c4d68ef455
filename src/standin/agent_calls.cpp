// How an agent's callbacks reach the town API.

#include <utility>

#include "standin/agent_life.hpp"

namespace townd::standin {

std::string agent_life::rig_path() const {
    // A mayor has no rig, a path needs a segment.
    const std::string rig = what_.rig.empty() ? "mayor" : what_.rig;
    return "/api/towns/" + encode_segment(what_.town) + "/rigs/" + encode_segment(rig);
}

std::string agent_life::agent_path() const {
    return rig_path() + "/agents/" + encode_segment(what_.agent);
}

http_call agent_life::call_of(std::string method, std::string target, const json& body) const {
    http_call call;
    call.method = std::move(method);
    call.url = what_.api_url;
    call.target = std::move(target);
    const auto& token = what_.session_token.empty() ? what_.container_token : what_.session_token;
    if (!token.empty()) call.headers.emplace_back("Authorization", "Bearer " + token);
    call.headers.emplace_back("X-Gastown-Agent-Id", what_.agent);
    call.headers.emplace_back("X-Gastown-Rig-Id", what_.rig);
    if (!what_.dispatch.empty()) call.headers.emplace_back("X-Dispatch-Id", what_.dispatch);
    if (!body.is_null()) call.body = dump_json(body);
    call.connect_timeout = duration{2'000};
    call.total_timeout = duration{10'000};
    return call;
}

void agent_life::send(std::shared_ptr<town_call>& slot, std::string method, std::string target,
                      json body, answered then) {
    // Nobody to tell: as if nobody answered.
    if (what_.api_url.empty()) return then(delivery::unreachable, nullptr);
    if (slot) slot->cancel();
    slot = town_call::begin(world_, call_of(std::move(method), std::move(target), body),
                            [weak = weak_from_this(), epoch = epoch_, then = std::move(then)](
                                delivery how, const json& data) {
                                const auto self = weak.lock();
                                if (self && self->epoch_ == epoch) then(how, data);
                            });
}

}  // namespace townd::standin
