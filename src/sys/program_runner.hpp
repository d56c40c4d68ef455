#pragma once
// Runs an operator's program when the daemon asks for it, as the restart of a container. A few
// threads of its own, a deadline for each run, no shell.

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "townd/words/result.hpp"
#include "townd/words/time.hpp"

namespace townd::sys {

class program_runner {
public:
    static constexpr std::size_t waiting_max = 256;
    static constexpr std::size_t threads_max = 4;

    /// A program that runs longer than `patience` is killed.
    explicit program_runner(duration patience = duration{60'000}) : patience_(patience) {}
    ~program_runner() { stop(); }
    program_runner(const program_runner&) = delete;
    program_runner& operator=(const program_runner&) = delete;

    /// Runs `words` (a program and its arguments; input and output are /dev/null). `done` is called
    /// once, on a thread of the runner's or, when too much waits or it is stopped, on the caller's:
    /// good for exit status 0, else with the reason. Any thread.
    void run(std::vector<std::string> words, std::function<void(result<void>)> done);
    /// Kills what runs, refuses what waits. Idempotent.
    void stop();

private:
    struct order {
        std::vector<std::string> words;
        std::function<void(result<void>)> done;
    };
    void work();
    [[nodiscard]] result<void> run_one(const std::vector<std::string>& words);

    const duration patience_;
    std::mutex mutex_;
    std::condition_variable wakeup_;
    std::deque<order> waiting_;
    std::vector<std::thread> threads_;
    std::size_t idle_ = 0;
    bool stopped_ = false;
};

}  // namespace townd::sys
