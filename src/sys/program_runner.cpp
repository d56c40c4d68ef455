#include "sys/program_runner.hpp"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>

#include <chrono>
#include <cstring>
#include <utility>

extern "C" char** environ;  // NOLINT(readability-redundant-declaration): unistd.h has it with GNU.

namespace townd::sys {
namespace {

constexpr std::chrono::milliseconds look_every{20};

failure failed(const std::string& program, const std::string& how) {
    return {errc::unavailable, clean_text(program, 200) + " " + how};
}

// Its own process group, so that what it started goes with it.
int spawn(const std::vector<std::string>& words, pid_t& child) {
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&files, 1, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addopen(&files, 2, "/dev/null", O_WRONLY, 0);
    posix_spawnattr_t how;
    posix_spawnattr_init(&how);
    sigset_t none;
    sigemptyset(&none);
    posix_spawnattr_setsigmask(&how, &none);
    posix_spawnattr_setpgroup(&how, 0);
    posix_spawnattr_setflags(&how,
                             static_cast<short>(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK));
    std::vector<std::string> copies = words;
    std::vector<char*> args;
    for (auto& word : copies)
        args.push_back(word.data());
    args.push_back(nullptr);
    const int error = posix_spawn(&child, args[0], &files, &how, args.data(), environ);
    posix_spawnattr_destroy(&how);
    posix_spawn_file_actions_destroy(&files);
    return error;
}

}  // namespace

void program_runner::run(std::vector<std::string> words, std::function<void(result<void>)> done) {
    {
        const std::scoped_lock lock(mutex_);
        if (!stopped_ && !words.empty() && waiting_.size() < waiting_max) {
            waiting_.push_back({std::move(words), std::move(done)});
            if (waiting_.size() > idle_ && threads_.size() < threads_max)
                threads_.emplace_back([this] { work(); });
            wakeup_.notify_one();
            return;
        }
    }
    done(failure{errc::overloaded, "too many programs wait to be run, or townd stops"});
}

void program_runner::stop() {
    std::vector<std::thread> threads;
    std::deque<order> refused;
    {
        const std::scoped_lock lock(mutex_);
        stopped_ = true;
        threads.swap(threads_);
        refused.swap(waiting_);
    }
    wakeup_.notify_all();
    for (auto& each : threads)
        each.join();
    for (auto& each : refused)
        each.done(failure{errc::unavailable, "townd stops"});
}

void program_runner::work() {
    std::unique_lock lock(mutex_);
    for (;;) {
        ++idle_;
        wakeup_.wait(lock, [&] { return stopped_ || !waiting_.empty(); });
        --idle_;
        if (stopped_) return;
        order next = std::move(waiting_.front());
        waiting_.pop_front();
        lock.unlock();
        next.done(run_one(next.words));
        lock.lock();
    }
}

result<void> program_runner::run_one(const std::vector<std::string>& words) {
    pid_t child = -1;
    if (const int error = spawn(words, child); error != 0)
        return failed(words.front(), std::string{"cannot be run: "} + std::strerror(error));
    duration waited{0};
    int status = 0;
    for (;;) {
        const pid_t got = waitpid(child, &status, WNOHANG);
        if (got == child) break;
        if (got < 0) return failed(words.front(), "was lost");
        std::unique_lock lock(mutex_);
        const bool over = waited >= patience_;
        if (stopped_ || over) {
            lock.unlock();
            kill(-child, SIGKILL);
            waitpid(child, &status, 0);
            return failed(words.front(),
                          over ? "did not end within " + to_words(patience_) + " and was killed"
                               : "was killed: townd stops");
        }
        wakeup_.wait_for(lock, look_every, [&] { return stopped_; });
        waited += std::chrono::duration_cast<duration>(look_every);
    }
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return {};
    return failed(words.front(), WIFEXITED(status)
                                     ? "ended with status " + std::to_string(WEXITSTATUS(status))
                                     : "ended by signal " + std::to_string(WTERMSIG(status)));
}

}  // namespace townd::sys
