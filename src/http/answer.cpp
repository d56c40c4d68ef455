#include "http/answer.hpp"

#include "http/reply.hpp"

namespace townd::http {

answer_slot::answer_slot(std::shared_ptr<server_core> core, std::weak_ptr<session> to,
                         std::uint64_t number)
    : core_(std::move(core)), to_(std::move(to)), number_(number) {}

answer_slot::~answer_slot() {
    try {
        give(error_response(503, "the request was dropped without an answer; try again"));
    } catch (...) {  // Out of memory: the answer deadline ends the wait.
    }
}

void answer_slot::give(response answer) {
    if (given_.exchange(true)) return;
    core_->post([to = to_, number = number_, given = std::move(answer)]() mutable {
        if (const auto waiting = to.lock()) waiting->answer(number, std::move(given));
    });
}

}  // namespace townd::http
