#pragma once
// Work that an operator asks for and that may take a second: a thread of its own, one after the
// other.

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

namespace townd::app {

class background {
public:
    static constexpr std::size_t waiting_max = 16;

    ~background() { stop(); }
    void start();
    /// Finishes what runs, drops what waits. Idempotent.
    void stop();
    /// Any thread. False before `start`, after `stop`, or when too much waits.
    [[nodiscard]] bool post(std::function<void()> work);

private:
    void run();

    std::mutex mutex_;
    std::condition_variable wakeup_;
    std::deque<std::function<void()>> waiting_;
    bool open_ = false;
    std::thread thread_;
};

}  // namespace townd::app
