// `townd demo`: the daemon and sixteen stand-in towns in one process, over real sockets and files,
// with a story of about a minute: work flows, then no polecat starts in eleven towns and the
// container of a twelfth dies; one outage opens, errors say why, probes are made, everything is
// repaired, and work flows again without anybody telling townd.

#include <unistd.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <thread>

#include "app/commands.hpp"
#include "app/daemon.hpp"
#include "app/demo_story.hpp"
#include "app/exit_codes.hpp"
#include "container/beast_client.hpp"
#include "standin/container.hpp"
#include "sys/ids.hpp"
#include "sys/log.hpp"
#include "sys/system_clock.hpp"

namespace townd::app {
namespace {

namespace fs = std::filesystem;

constexpr int town_count = 16;
constexpr int failing_towns = 11;
constexpr duration break_at{8'000};
constexpr duration give_up_after{90'000};  ///< From the repair on.

config::settings demo_settings(const fs::path& dir) {
    config::settings s;
    s.data_dir = dir;
    s.api.listen = "127.0.0.1:0";
    s.debug.listen = "127.0.0.1:0";
    s.policy.reconciler = {duration{1'000}, duration{2'000}};
    auto& d = s.policy.dispatch;
    d.start_timeout = duration{5'000};
    d.status_timeout = duration{2'000};
    d.survive_for = duration{1'000};
    d.heartbeat_timeout = duration{6'000};
    d.retry_backoff = duration{1'000};
    d.work_backoff = duration{2'000};
    auto& b = s.policy.breaker.agent;
    b.failures = 3;
    b.open = duration{3'000};
    b.max_open = duration{10'000};
    b.probe_timeout = duration{15'000};
    auto& r = s.policy.retry;
    r.per_hour = 1'200;
    r.first = duration{1'000};
    r.then = duration{3'000};
    r.max = duration{10'000};
    r.slow_after = duration{2'000};
    s.policy.outage.lease = duration{15'000};
    return s;
}

// A directory that goes with the demo.
struct scratch {
    fs::path path = fs::temp_directory_path() / ("townd-demo-" + sys::random_hex(6));
    ~scratch() {
        std::error_code ignored;
        fs::remove_all(path, ignored);
    }
};

// The stand-ins and the plain client, on a loop of their own.
struct stage {
    boost::asio::io_context io{1};
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> guard{
        io.get_executor()};
    sys::system_clock clock;
    std::unique_ptr<container_port> port = container::make_beast_client(io, {});
    std::vector<std::unique_ptr<standin::container>> containers;
    std::thread thread;

    result<void> raise() {
        for (int i = 0; i < town_count; ++i) {
            standin::options o;
            o.work_time = duration{2'000};
            o.review_time = duration{1'000};
            o.heartbeat_every = duration{1'000};
            auto made = standin::container::start(io, clock, *port, o);
            if (!made) return made.error();
            containers.push_back(std::move(*made));
        }
        thread = std::thread([this] { io.run(); });
        return {};
    }
    ~stage() {
        for (auto& c : containers)
            c->stop();
        guard.reset();
        io.stop();
        if (thread.joinable()) thread.join();
    }
};

void break_down(stage& set) {
    for (int i = 0; i < failing_towns; ++i)
        static_cast<void>(set.containers[static_cast<std::size_t>(i)]->set_behaviour(
            "polecat", standin::behaviour::http_500));
    static_cast<void>(set.containers[failing_towns]->set_behaviour(standin::behaviour::refuse));
}

void repair(stage& set) {
    for (auto& each : set.containers)
        each->clear_roles();
    static_cast<void>(set.containers[failing_towns]->set_behaviour(standin::behaviour::ok));
}

std::string times(int count) {
    return count == 1 ? "once" : std::to_string(count) + " times";
}

// Ctrl-C at any time ends the demo in order: nothing of it stays behind.
class stop_signal {
public:
    stop_signal() {
        signals_.async_wait([this](const boost::system::error_code&, int) { came_ = true; });
    }
    [[nodiscard]] bool came() {
        io_.poll();
        return came_;
    }
    void wait() {
        if (!came_) io_.run();
    }

private:
    boost::asio::io_context io_{1};
    boost::asio::signal_set signals_{io_, SIGINT, SIGTERM};
    bool came_ = false;
};

bool play(story& tale, stage& set, duration outage_for, stop_signal& stop) {
    bool broken = false;
    bool repaired = false;
    const duration repair_at = break_at + outage_for;
    tale.add_beads(2);
    tale.say("32 beads in 16 towns: polecats work on them, refineries review and merge");
    while (tale.age() < repair_at + give_up_after) {
        std::this_thread::sleep_for(duration{200});
        if (stop.came()) return false;
        tale.look();
        tale.tell_progress();
        if (!broken && tale.age() >= break_at) {
            broken = true;
            tale.say("--- no polecat starts in town-1 to town-11, the container of town-12 dies");
            break_down(set);
            tale.add_beads(3);
            tale.add_convoy();
            tale.say("51 more beads, three of them a convoy; watch the other towns go on");
        }
        if (!repaired && tale.age() >= repair_at) {
            repaired = true;
            tale.say("--- everything is repaired; nobody tells townd");
            repair(set);
        }
        const auto now = tale.count();
        if (repaired && now.closed == now.all && tale.all_clear() && tale.convoy_landed()) break;
    }
    const auto end = tale.count();
    const bool well = end.closed == end.all && end.failed == 0 && tale.all_clear() &&
                      tale.outages_seen() > 0 && tale.convoy_landed();
    tale.say((well ? "ended well: " : "did not end well: ") + std::to_string(end.closed) + " of " +
             std::to_string(end.all) + " beads closed, " + std::to_string(end.failed) +
             " failed; one outage for all towns of one cause, breakers opened " +
             times(tale.opened()) + " and closed " + times(tale.closed()));
    return well;
}

}  // namespace

int demo(const demo_options& options) {
    const auto outage_for = config::parse_duration(options.outage_for);
    if (!outage_for.value) {
        std::fprintf(stderr, "townd demo: --outage-for: %s\n", outage_for.problem.c_str());
        return exit_usage;
    }
    std::signal(SIGPIPE, SIG_IGN);
    sys::set_up_log(sys::log_level::error, sys::log_format::text);
    stop_signal stop;
    const scratch dir;
    stage set;
    if (const auto raised = set.raise(); !raised) {
        std::fprintf(stderr, "townd demo: %s\n", raised.error().what.c_str());
        return exit_failed;
    }
    auto started = daemon::start(demo_settings(dir.path), "DEMO: stand-in containers only");
    if (!started) {
        std::fprintf(stderr, "townd demo: %s\n", started.error().what.c_str());
        return exit_failed;
    }
    const std::string pages = (*started)->debug_address();
    std::printf(
        "townd DEMO: stand-in containers only, data in %s (removed at the end)\n"
        "  pages   http://%s/debug/\n"
        "  metrics http://%s/metrics\n"
        "  try     townctl --addr %s status\n"
        "          townctl --addr %s errors\n"
        "          townctl --addr %s outages\n\n",
        dir.path.c_str(), pages.c_str(), pages.c_str(), pages.c_str(), pages.c_str(),
        pages.c_str());
    std::fflush(stdout);
    story tale(**started, *set.port);
    const bool well = tale.build(set.containers) && play(tale, set, *outage_for.value, stop);
    if (!stop.came() && (options.stay || ::isatty(STDIN_FILENO) != 0)) {
        std::printf("\nThe pages stay until Ctrl-C: http://%s/debug/\n", pages.c_str());
        std::fflush(stdout);
        stop.wait();
    }
    (*started)->stop(duration{1'000});
    return well ? exit_ok : exit_failed;
}

}  // namespace townd::app
