// What people who look on cost the ticks: 64 clients that read pages and 32 that follow the stream.

#include <arpa/inet.h>
#include <benchmark/benchmark.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <stdexcept>
#include <thread>

#include "bench/report.hpp"
#include "bench/wire_fleet.hpp"
#include "debug/debug.hpp"
#include "http/server.hpp"

namespace townd::bench {
namespace {

using benchmark::State;
using seconds = std::chrono::duration<double>;

constexpr int readers = 64;
constexpr int followers = 32;
constexpr int towns = 160;
constexpr int beads_a_leg = 150;
constexpr int legs = 4;  // Of each kind, one after the other in turn.
constexpr std::chrono::milliseconds between_reads{1'000};
constexpr std::chrono::milliseconds patience{5'000};

// The pages on a port of their own.
class page_server {
public:
    page_server(engine::fleet& fleet, const clock_port& clock, const engine::chronicle& history) {
        debug::debug_options options;
        options.clock = &clock;
        options.history = &history;
        options.version = "bench";
        debug::add_routes(routes_, fleet, std::move(options));
        http::server_options listen;
        listen.listen = "127.0.0.1:0";
        auto bound = http::server::bind(io_, listen, routes_);
        if (!bound) throw std::runtime_error(bound.error().what);
        server_ = std::move(*bound);
        server_->start();
        thread_ = std::thread([this] { io_.run(); });
    }
    ~page_server() {
        server_->stop();
        io_.stop();
        thread_.join();
        server_.reset();
    }
    page_server(const page_server&) = delete;
    page_server& operator=(const page_server&) = delete;
    [[nodiscard]] std::uint16_t port() const {
        return http::parse_listen(server_->address()).value().port;
    }

private:
    http::router routes_;
    boost::asio::io_context io_{1};
    std::unique_ptr<http::server> server_;
    std::thread thread_;
};

int connect_to(std::uint16_t port) {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const auto* plain = reinterpret_cast<const sockaddr*>(&address);  // The socket interface's way.
    if (fd < 0 || ::connect(fd, plain, sizeof address) != 0)
        throw std::runtime_error("the pages do not listen");
    return fd;
}

// All who look on, on one thread: what comes is thrown away.
class onlookers {
public:
    explicit onlookers(std::uint16_t port) : port_(port) {
        for (int i = 0; i < readers + followers; ++i)
            sockets_.push_back({connect_to(port), POLLIN, 0});
        for (int i = readers; i < readers + followers; ++i)
            ask(i, "/debug/v1/events/stream");
        thread_ = std::thread([this] { run(); });
    }
    ~onlookers() {
        ended_ = true;
        thread_.join();
        for (const auto& each : sockets_)
            ::close(each.fd);
    }
    onlookers(const onlookers&) = delete;
    onlookers& operator=(const onlookers&) = delete;
    [[nodiscard]] std::int64_t bytes() const { return bytes_; }
    [[nodiscard]] int asked() const { return asked_; }
    [[nodiscard]] int gone() const { return gone_; }

private:
    void ask(int which, const std::string& path) {
        const std::string call =
            "GET " + path + " HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(port_) + "\r\n\r\n";
        const int fd = sockets_[static_cast<std::size_t>(which)].fd;
        if (::send(fd, call.data(), call.size(), MSG_NOSIGNAL) > 0) ++asked_;
    }
    void run() {
        auto next = wire_clock::now();
        int reader = 0;
        std::string scrap(65'536, ' ');
        while (!ended_) {
            // Spread over the second, as people are.
            if (wire_clock::now() >= next) {
                ask(reader, reader % 2 == 0 ? "/debug/" : "/debug/v1/towns?limit=100");
                reader = (reader + 1) % readers;
                next += between_reads / readers;
            }
            if (::poll(sockets_.data(), sockets_.size(), 5) <= 0) continue;
            for (auto& each : sockets_) {
                if (each.revents == 0) continue;
                const auto got = ::recv(each.fd, scrap.data(), scrap.size(), MSG_DONTWAIT);
                if (got > 0) {
                    bytes_ += got;
                } else if (got == 0) {
                    ++gone_;
                    each.events = 0;
                }
            }
        }
    }

    std::uint16_t port_;
    std::vector<pollfd> sockets_;
    std::atomic<bool> ended_{false};
    std::atomic<std::int64_t> bytes_{0};
    std::atomic<int> asked_{0};
    std::atomic<int> gone_{0};
    std::thread thread_;
};

// Bead to the call of the container port: a message, a tick, a commit.
std::vector<double> ticks_of(wire_fleet& world, const town_id& town, start_seen& seen) {
    std::vector<double> out;
    for (int i = 0; i < beads_a_leg; ++i) {
        seen.forget();
        const auto began = wire_clock::now();
        const bead_id work = world.make_bead(town);
        const auto came = seen.wait(patience);
        if (!came) throw std::runtime_error("a start did not come");
        out.push_back(seconds(*came - began).count());
        world.finish(town, work);
    }
    return out;
}

double median(std::vector<double> of) {
    const auto middle = of.begin() + static_cast<std::ptrdiff_t>(of.size() / 2);
    std::nth_element(of.begin(), middle, of.end());
    return *middle;
}

void ticks_while_64_read_and_32_follow(State& state) {
    start_seen seen;
    scripted_port port([&](const http_call& call, auto& done) {
        if (is_start(call)) seen.now();
        done(good_answer(call));
    });
    sys::system_clock clock;
    engine::chronicle history(clock);
    policy rules;
    rules.dispatch.starts_per_hour = 100'000;
    wire_fleet world(port, {.containers_url = "http://{town}.bench", .rules = rules});
    const auto all = world.make_towns(towns);
    const page_server pages(world.fleet(), clock, history);
    std::vector<double> alone;
    std::vector<double> watched;
    for (auto _ : state) {
        static_cast<void>(ticks_of(world, all.front(), seen));  // Warm.
        for (int leg = 0; leg < legs; ++leg) {
            for (const double each : ticks_of(world, all.front(), seen))
                alone.push_back(each);
            const onlookers crowd(pages.port());
            for (const double each : ticks_of(world, all.front(), seen))
                watched.push_back(each);
            state.counters["reads"] += crowd.asked() - followers;
            state.counters["MB"] += static_cast<double>(crowd.bytes()) / 1e6;
            state.counters["gone"] += crowd.gone();
        }
    }
    state.counters["alone_p50_us"] = median(alone) * 1e6;
    state.counters["watched_p50_us"] = median(watched) * 1e6;
    state.counters["ratio_p50"] = median(watched) / median(alone);
    add_percentiles(state, std::move(watched));
}
BENCHMARK(ticks_while_64_read_and_32_follow)->Iterations(1)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace townd::bench
