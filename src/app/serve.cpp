// `townd serve`: configuration, signals, systemd.

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <csignal>
#include <cstdio>

#include "app/commands.hpp"
#include "app/config_commands.hpp"
#include "app/daemon.hpp"
#include "app/exit_codes.hpp"
#include "config/sources.hpp"
#include "sys/log.hpp"
#include "sys/notify.hpp"

namespace townd::app {
namespace {

namespace asio = boost::asio;

// What the main thread does while the daemon runs: signals, and telling the service manager.
class supervisor {
public:
    explicit supervisor(daemon& what) : daemon_(what) {}

    int run() {
        wait_for_signal();
        beat();
        io_.run();
        return exit_ok;
    }

private:
    void wait_for_signal() {
        signals_.async_wait([this](const boost::system::error_code& ec, int signal) {
            if (ec) return;
            if (signal == SIGHUP) {
                daemon_.reload(false);
                last_ = daemon_.status_line();
                wait_for_signal();
                return;
            }
            stop();
        });
    }

    // READY after the first tick of every town; then the verdict when it changes, and a sign of
    // life only while ticks are finished: a timer alone would prove nothing.
    void beat() {
        if (!ready_ && daemon_.ready()) {
            ready_ = true;
            last_ = daemon_.status_line();
            sys::notify_ready(last_);
            sys::log_line(sys::log_level::info, "ready", last_);
        } else if (!ready_) {
            sys::notify_extend_timeout(duration{10'000});
        } else if (auto now = daemon_.status_line(); now != last_) {
            last_ = std::move(now);
            sys::notify_status(last_);
        }
        if (daemon_.alive()) sys::notify_watchdog();
        daemon_.look_at_files();
        const auto watched = sys::watchdog_interval();
        const duration period = watched ? std::min(*watched / 3, duration{1'000}) : duration{1'000};
        timer_.expires_after(ready_ ? period : duration{50});
        timer_.async_wait([this](const boost::system::error_code& ec) {
            if (!ec) beat();
        });
    }

    void stop() {
        sys::notify_stopping("stopping: no new starts, recording what is in flight");
        sys::log_line(sys::log_level::info, "stopping",
                      "no new starts, recording what is in flight");
        timer_.cancel();
        // A second signal ends at once; what is in flight is settled at the next start.
        std::signal(SIGTERM, SIG_DFL);
        std::signal(SIGINT, SIG_DFL);
        daemon_.stop(duration{5'000});
        io_.stop();  // Also when the timer had fired before it was cancelled.
    }

    daemon& daemon_;
    asio::io_context io_{1};
    asio::signal_set signals_{io_, SIGTERM, SIGINT, SIGHUP};
    asio::steady_timer timer_{io_};
    bool ready_ = false;
    std::string last_;
};

}  // namespace

int serve(const config::sources& from) {
    auto loaded = config::load(from);
    print_problems(loaded.problems);
    if (!loaded.problems.empty()) return exit_config;
    sys::set_up_log(
        sys::parse_log_level(loaded.values.log.level).value_or(sys::log_level::info),
        sys::parse_log_format(loaded.values.log.format).value_or(sys::log_format::automatic));
    for (const auto& each : loaded.warnings)
        sys::log_line(sys::log_level::warn, "config_warning", each.text());
    std::signal(SIGPIPE, SIG_IGN);
    auto started = daemon::start(std::move(loaded.values), {}, from);
    if (!started) {
        std::fprintf(stderr, "townd: %s\n", started.error().what.c_str());
        return exit_code_of(started.error());
    }
    supervisor rest(**started);
    const int code = rest.run();
    return code;
}

}  // namespace townd::app
