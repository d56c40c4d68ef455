#pragma once
// The far end of a responder: takes the first answer from any thread to the session, and gives a
// 503 in its place when the last copy of the responder goes away without one.

#include <atomic>
#include <memory>

#include "http/session.hpp"

namespace townd::http {

class answer_slot {
public:
    answer_slot(std::shared_ptr<server_core> core, std::weak_ptr<session> to, std::uint64_t number);
    ~answer_slot();
    answer_slot(const answer_slot&) = delete;
    answer_slot& operator=(const answer_slot&) = delete;

    void give(response answer);

private:
    const std::shared_ptr<server_core> core_;
    const std::weak_ptr<session>
        to_;  // Locked on the io thread only: sessions must not die elsewhere.
    const std::uint64_t number_;
    std::atomic<bool> given_{false};
};

}  // namespace townd::http
