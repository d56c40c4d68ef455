// `townd demo`: the daemon and five stand-in towns in one process, over real sockets and files,
// with a story of about a minute: work flows, the polecats of two towns and the container of a
// third break, errors say why, breakers open and probe, everything is repaired, work flows again.
//
// The story is told from outside, through the same API and pages that anyone else would use.

#include <unistd.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <map>
#include <set>
#include <thread>

#include "app/commands.hpp"
#include "app/daemon.hpp"
#include "app/exit_codes.hpp"
#include "app/http_json.hpp"
#include "container/beast_client.hpp"
#include "standin/container.hpp"
#include "sys/ids.hpp"
#include "sys/log.hpp"
#include "sys/system_clock.hpp"

namespace townd::app {
namespace {

namespace fs = std::filesystem;

constexpr int town_count = 5;
constexpr duration break_at{8'000};
constexpr duration repair_at{30'000};
constexpr duration give_up_at{120'000};

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
    for (auto* b : {&s.policy.breaker.agent, &s.policy.breaker.role, &s.policy.breaker.container}) {
        b->failures = 3;
        b->open = duration{3'000};
        b->max_open = duration{10'000};
        b->probe_timeout = duration{15'000};
    }
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

class story {
public:
    story(daemon& what, container_port& port) : daemon_(what), port_(port) {}

    bool build(std::vector<std::unique_ptr<standin::container>>& containers) {
        for (int i = 0; i < town_count; ++i) {
            json wanted;
            wanted["name"] = "town-" + std::to_string(i + 1);
            const auto town = api("POST", "/api/users/demo/towns", wanted);
            if (!town) return tell_failure(town.error());
            towns_.push_back({text_at(*town, "id").value_or(""), {}, {}});
            auto& t = towns_.back();
            json config;
            config["container_url"] = containers[static_cast<std::size_t>(i)]->url();
            if (const auto set = api("PATCH", "/api/towns/" + t.id + "/config", config); !set)
                return tell_failure(set.error());
            json rig;
            rig["town_id"] = t.id;
            rig["name"] = "app";
            rig["git_url"] = "https://git.example/app.git";
            const auto made = api("POST", "/api/users/demo/rigs", rig);
            if (!made) return tell_failure(made.error());
            t.rig = text_at(*made, "id").value_or("");
        }
        return true;
    }

    void add_beads(int each) {
        for (auto& t : towns_) {
            for (int i = 0; i < each; ++i) {
                json bead;
                bead["type"] = "issue";
                bead["title"] = "Task " + std::to_string(++beads_);
                const auto made =
                    api("POST", "/api/towns/" + t.id + "/rigs/" + t.rig + "/beads", bead);
                if (!made) {
                    tell_failure(made.error());
                    continue;
                }
                t.beads.push_back(text_at(*made, "bead_id").value_or(""));
            }
        }
    }

    // Tells what changed since the last look.
    void look() {
        tell_breakers();
        tell_errors();
        const auto summary = debug("/debug/v1/summary");
        if (!summary) return;
        const auto verdict = text_at(*summary, "verdict").value_or("");
        const auto kind = verdict.substr(0, verdict.find(':'));
        if (kind != verdict_) {
            verdict_ = kind;
            say("verdict: " + verdict);
        }
    }

    struct progress {
        int closed = 0;
        int failed = 0;
        int all = 0;
    };
    progress count() {
        progress out;
        for (const auto& t : towns_) {
            const auto s = daemon_.towns().summary(t.id);
            if (!s) continue;
            out.closed += static_cast<int>(s->beads.closed);
            out.failed += static_cast<int>(s->beads.failed);
        }
        out.all = beads_;
        return out;
    }
    void tell_progress() {
        const auto now = count();
        if (now.closed / 5 == told_closed_ / 5 && now.closed != now.all) return;
        if (now.closed == told_closed_) return;
        told_closed_ = now.closed;
        say(std::to_string(now.closed) + " of " + std::to_string(now.all) +
            " beads worked on, reviewed and closed");
    }

    [[nodiscard]] bool breakers_closed() const { return open_.empty(); }
    [[nodiscard]] int opened() const { return opened_; }
    [[nodiscard]] int closed() const { return closed_; }
    void say(const std::string& text) const {
        std::printf("[%5.1f s] %s\n", to_seconds(clock_.now() - began_), text.c_str());
        std::fflush(stdout);
    }
    [[nodiscard]] duration age() const { return clock_.now() - began_; }
    [[nodiscard]] const std::string& town(int i) const {
        return towns_[static_cast<std::size_t>(i)].id;
    }

private:
    struct told_town {
        std::string id;
        std::string rig;
        std::vector<std::string> beads;
    };

    bool tell_failure(const failure& why) const {
        say("the demo cannot go on: " + why.what);
        return false;
    }
    result<json> api(const std::string& method, const std::string& target, const json& body) {
        auto got = fetch_json(port_, method, "http://" + daemon_.api_address(), target, body);
        if (!got) return got;
        const auto data = got->find("data");
        if (data == got->end()) return failure{errc::internal, target + ": no data in the answer"};
        return json(*data);
    }
    result<json> debug(const std::string& target) {
        return fetch_json(port_, "GET", "http://" + daemon_.debug_address(), target);
    }
    std::string name_of(const std::string& town) const {
        for (std::size_t i = 0; i < towns_.size(); ++i)
            if (towns_[i].id == town) return "town-" + std::to_string(i + 1);
        return town;
    }

    void tell_breakers() {
        const auto list = debug("/debug/v1/breakers?limit=1000");
        if (!list || !list->contains("items")) return;
        std::set<std::string> open;
        for (const auto& b : (*list)["items"]) {
            const auto key = text_at(b, "key").value_or("");
            const auto state = text_at(b, "state").value_or("");
            // Open and due for a probe is well: it waits for work, not for a repair.
            const auto wait = b.find("retry_in_seconds");
            const bool due =
                state == "open" && wait != b.end() && wait->is_number() && wait->get<double>() <= 0;
            if (state != "closed" && !due) open.insert(key);
            auto& last = states_[key];
            if (last == state || (last.empty() && state == "closed")) {
                last = state;
                continue;
            }
            last = state;
            const std::string who = name_of(text_at(b, "town").value_or("")) + ", " +
                                    text_at(b, "scope").value_or("") +
                                    (text_at(b, "agent") ? " " + *text_at(b, "agent") : "");
            if (state == "open") {
                ++opened_;
                say("breaker opens: " + who + " (" + text_at(b, "cause").value_or("") + ")");
            } else if (state == "half_open") {
                say("breaker half-open, one probe: " + who);
            } else if (state == "closed") {
                ++closed_;
                say("breaker closes: " + who);
            }
        }
        open_ = std::move(open);
    }

    void tell_errors() {
        const auto list = debug("/debug/v1/errors");
        if (!list || !list->contains("items")) return;
        for (const auto& e : (*list)["items"]) {
            const auto print = text_at(e, "fingerprint").value_or("");
            if (!errors_.insert(print).second) continue;
            say("new error: " + text_at(e, "code").value_or("") + ": " +
                text_at(e, "message").value_or(""));
        }
    }

    daemon& daemon_;
    container_port& port_;
    sys::system_clock clock_;
    instant began_ = clock_.now();
    std::vector<told_town> towns_;
    int beads_ = 0;
    std::map<std::string, std::string> states_;
    std::set<std::string> open_;
    std::set<std::string> errors_;
    std::string verdict_;
    int opened_ = 0;
    int closed_ = 0;
    int told_closed_ = 0;
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

bool play(story& tale, stage& set) {
    bool broken = false;
    bool repaired = false;
    tale.add_beads(3);
    tale.say("15 beads in 5 towns: polecats work on them, refineries review and merge");
    while (tale.age() < give_up_at) {
        std::this_thread::sleep_for(duration{200});
        tale.look();
        tale.tell_progress();
        if (!broken && tale.age() >= break_at) {
            broken = true;
            tale.say(
                "--- polecats of town-1 and town-2 fail to start, the container of town-3 dies");
            static_cast<void>(
                set.containers[0]->set_behaviour("polecat", standin::behaviour::http_500));
            static_cast<void>(
                set.containers[1]->set_behaviour("polecat", standin::behaviour::http_500));
            static_cast<void>(set.containers[2]->set_behaviour(standin::behaviour::refuse));
            tale.add_beads(4);
            tale.say("20 more beads; watch the other towns go on");
        }
        if (!repaired && tale.age() >= repair_at) {
            repaired = true;
            tale.say("--- everything is repaired; nobody tells townd");
            set.containers[0]->clear_roles();
            set.containers[1]->clear_roles();
            static_cast<void>(set.containers[2]->set_behaviour(standin::behaviour::ok));
        }
        const auto now = tale.count();
        if (repaired && now.closed == now.all && tale.breakers_closed()) break;
    }
    const auto end = tale.count();
    const bool well = end.closed == end.all && end.failed == 0 && tale.breakers_closed() &&
                      tale.opened() > 0 && tale.closed() > 0;
    tale.say((well ? "ended well: " : "did not end well: ") + std::to_string(end.closed) + " of " +
             std::to_string(end.all) + " beads closed, " + std::to_string(end.failed) +
             " failed; breakers opened " + std::to_string(tale.opened()) + " times and closed " +
             std::to_string(tale.closed()) + " times");
    return well;
}

void wait_for_signal() {
    boost::asio::io_context io{1};
    boost::asio::signal_set signals(io, SIGINT, SIGTERM);
    signals.async_wait([&](const boost::system::error_code&, int) { io.stop(); });
    io.run();
}

}  // namespace

int demo(bool stay) {
    std::signal(SIGPIPE, SIG_IGN);
    sys::set_up_log(sys::log_level::error, sys::log_format::text);
    const scratch dir;
    stage set;
    if (const auto raised = set.raise(); !raised) {
        std::fprintf(stderr, "townd demo: %s\n", raised.error().what.c_str());
        return exit_failed;
    }
    auto started = daemon::start(demo_settings(dir.path));
    if (!started) {
        std::fprintf(stderr, "townd demo: %s\n", started.error().what.c_str());
        return exit_failed;
    }
    const std::string pages = (*started)->debug_address();
    std::printf(
        "townd DEMO: stand-in containers only, data in %s (removed at the end)\n"
        "  pages   http://%s/debug/\n"
        "  metrics http://%s/metrics\n"
        "  try     curl http://%s/debug/v1/summary\n\n",
        dir.path.c_str(), pages.c_str(), pages.c_str(), pages.c_str());
    std::fflush(stdout);
    story tale(**started, *set.port);
    const bool well = tale.build(set.containers) && play(tale, set);
    if (stay || ::isatty(STDIN_FILENO) != 0) {
        std::printf("\nThe pages stay until Ctrl-C: http://%s/debug/\n", pages.c_str());
        std::fflush(stdout);
        wait_for_signal();
    }
    (*started)->stop(duration{1'000});
    return well ? exit_ok : exit_failed;
}

}  // namespace townd::app
