#include "http/stream.hpp"

#include <utility>

namespace townd::http {

// Once for all that comes until the session takes it.
void stream::wake() {
    if (!wake_ || std::exchange(woken_, true)) return;
    wake_();
}

bool stream::send(frame what) {
    const std::lock_guard lock(mutex_);
    if (over_) return false;
    if (waiting_.size() < frames_max) {
        waiting_.push_back(std::move(what));
        wake();
        return true;
    }
    over_ = true;
    if (how_.on_dropped) how_.on_dropped(waiting_.size() + 1);
    waiting_.clear();
    waiting_.push_back(std::make_shared<const std::string>(how_.parting));
    wake();
    return false;
}

void stream::end() {
    const std::lock_guard lock(mutex_);
    over_ = true;
    wake();
}

bool stream::over() const {
    const std::lock_guard lock(mutex_);
    return over_;
}

std::size_t stream::room() const {
    const std::lock_guard lock(mutex_);
    return over_ ? 0 : frames_max - waiting_.size();
}

void stream::attach(std::function<void()> wake) {
    const std::lock_guard lock(mutex_);
    wake_ = std::move(wake);
}

void stream::detach() noexcept {
    const std::lock_guard lock(mutex_);
    over_ = true;
    waiting_.clear();
    wake_ = nullptr;
}

std::vector<stream::frame> stream::take() {
    const std::lock_guard lock(mutex_);
    woken_ = false;
    std::vector<frame> out{waiting_.begin(), waiting_.end()};
    waiting_.clear();
    return out;
}

}  // namespace townd::http
