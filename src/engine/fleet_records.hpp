#pragma once
// The daemon's own database on a thread of its own: whoever has something to keep for the fleet as
// a whole posts work here. A file that cannot be used costs what is kept in it, not the daemon: it
// is tried again, 1 s to 60 s apart, and `problem` says why.

#include <condition_variable>
#include <deque>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "store/fleet_store.hpp"
#include "townd/port/clock.hpp"
#include "townd/port/journal.hpp"

namespace townd::engine {

class fleet_records {
public:
    /// Gets the store, between transactions, or why there is none now. Must not throw for long: an
    /// exception loses this work alone.
    using work = std::function<void(const result<store::fleet_store*>&)>;

    fleet_records(const clock_port& clock, journal_port& journal, std::filesystem::path file,
                  store::durability sync);
    ~fleet_records();
    fleet_records(const fleet_records&) = delete;
    fleet_records& operator=(const fleet_records&) = delete;

    /// Called on the thread whenever the file was opened: first thing, and after trouble. Set all
    /// before `open`.
    void on_open(std::function<void(store::fleet_store&)> then);
    /// Called on the thread at least twice a second, and after each work.
    void on_time(std::function<void(const result<store::fleet_store*>&, instant now)> then);

    /// Opens the file on the caller's thread; a failure is kept as the problem.
    void open();
    void start();
    /// Does what was posted before, then ends. Idempotent.
    void stop();

    /// Any thread. False (and `what` is dropped) after `stop`, or when 10,000 wait.
    [[nodiscard]] bool post(work what);
    /// Any thread. Empty when the file is well.
    [[nodiscard]] std::string problem() const;

    /// Runs `what` between begin and commit. On the thread, in work, only.
    template <class What>
    [[nodiscard]] static result<void> in_one(store::fleet_store& in, What&& what) {
        in.begin();
        what(in);
        return in.commit();
    }

private:
    void run();
    void serve(const work& what);
    void try_open(instant now);
    void tick();
    void trouble(const failure& why, instant now);
    [[nodiscard]] result<store::fleet_store*> current() const;

    static constexpr std::size_t waiting_max = 10'000;
    static constexpr duration look_every{500};

    const clock_port& clock_;
    journal_port& journal_;
    const std::filesystem::path file_;
    const store::durability sync_;
    std::vector<std::function<void(store::fleet_store&)>> on_open_;
    std::vector<std::function<void(const result<store::fleet_store*>&, instant)>> on_time_;
    std::unique_ptr<store::fleet_store> store_;  // The thread's, once it runs.
    instant retry_at_{};
    int failures_ = 0;
    mutable std::mutex mutex_;
    std::condition_variable wakeup_;
    std::deque<work> waiting_;
    std::optional<failure> problem_;
    bool stopping_ = false;
    std::thread thread_;
};

}  // namespace townd::engine
