#pragma once
// The threads that towns live on. A town belongs to one of them, so its database has one connection
// and no lock; a durable commit waits for the disk, and with several threads the waits overlap.

#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "engine/town_actor.hpp"

namespace townd::engine {

/// One thread and its towns. All public members may be called from any thread.
class town_thread {
public:
    /// `open_max`: how many town files may be open at once on this thread.
    town_thread(environment& env, int open_max);
    ~town_thread();
    town_thread(const town_thread&) = delete;
    town_thread& operator=(const town_thread&) = delete;

    void start();
    /// Finishes the cycle at hand, records starts in flight, closes all files, ends the thread.
    void stop();

    void add(const town_id& town, std::optional<store::open_options> create);
    /// Closes the town's file and forgets it; `then` runs on the thread afterwards.
    void remove(const town_id& town, std::function<void()> then);
    /// False when the town's queue is full (or the town is not here); a message without a reply is
    /// never refused for being too many.
    [[nodiscard]] bool post(const town_id& town, message m);
    void wake(const town_id& town);

    [[nodiscard]] bool all_ticked() const;
    /// Towns whose cycle is overdue by more than `late` at `now`.
    [[nodiscard]] int late(instant now, duration late) const;

private:
    struct home {
        std::unique_ptr<town_actor> actor;
        std::deque<message> inbox;
        instant due{};
        bool queued = false;
        bool running = false;
        bool ticked = false;
        std::function<void()> removed;  ///< Set: it is to go.
    };
    void run();
    void serve(home& town, std::unique_lock<std::mutex>& lock);
    void reschedule(home& town, instant due);
    void enqueue(home& town);
    void bound_open_files();

    static constexpr std::size_t inbox_max = 1000;

    environment& env_;
    const int open_max_;
    mutable std::mutex mutex_;
    std::condition_variable wakeup_;
    std::map<town_id, home, std::less<>> towns_;
    std::deque<home*> ready_;  ///< First come, first served.
    std::set<std::pair<instant, home*>> timers_;
    int open_ = 0;  ///< Files open on this thread.
    bool stopping_ = false;
    std::thread thread_;
};

}  // namespace townd::engine
