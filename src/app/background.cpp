#include "app/background.hpp"

#include <exception>
#include <utility>

#include "sys/log.hpp"

namespace townd::app {

void background::start() {
    {
        const std::scoped_lock lock(mutex_);
        open_ = true;
    }
    thread_ = std::thread([this] { run(); });
}

void background::stop() {
    std::deque<std::function<void()>> dropped;
    {
        const std::scoped_lock lock(mutex_);
        open_ = false;
        dropped.swap(waiting_);
    }
    wakeup_.notify_all();
    if (thread_.joinable()) thread_.join();
}

bool background::post(std::function<void()> work) {
    {
        const std::scoped_lock lock(mutex_);
        if (!open_ || waiting_.size() >= waiting_max) return false;
        waiting_.push_back(std::move(work));
    }
    wakeup_.notify_one();
    return true;
}

void background::run() {
    for (;;) {
        std::function<void()> work;
        {
            std::unique_lock lock(mutex_);
            wakeup_.wait(lock, [this] { return !open_ || !waiting_.empty(); });
            if (!open_) return;
            work = std::move(waiting_.front());
            waiting_.pop_front();
        }
        try {
            work();
        } catch (const std::exception& e) {
            // What threw has lost its own request.
            sys::log_line(sys::log_level::error, "background_exception", e.what());
        }
    }
}

}  // namespace townd::app
