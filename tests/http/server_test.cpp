// Binding, accepting and ending.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <atomic>
#include <filesystem>
#include <fstream>

#include "http/running_server.hpp"

namespace townd::http::test {
namespace {

namespace fs = std::filesystem;

class temp_dir {
public:
    temp_dir() {
        std::string pattern = fs::temp_directory_path() / "townd-http-XXXXXX";
        path_ = ::mkdtemp(pattern.data());
    }
    ~temp_dir() {
        std::error_code ignored;
        fs::remove_all(path_, ignored);
    }
    temp_dir(const temp_dir&) = delete;
    temp_dir& operator=(const temp_dir&) = delete;
    [[nodiscard]] std::string file(const char* name) const { return path_ / name; }

private:
    fs::path path_;
};

std::string bind_failure(server_options options) {
    boost::asio::io_context io;
    const router routes;
    const auto made = server::bind(io, std::move(options), routes);
    return made ? "it was bound" : made.error().what;
}

server_options at(std::string listen) {
    auto options = local_options();
    options.listen = std::move(listen);
    return options;
}

TEST(Server, TellsThePortThatWasBound) {
    running_server server;
    EXPECT_EQ(server.it().address(), "127.0.0.1:" + std::to_string(server.port()));
    EXPECT_NE(server.port(), 0);
    running_server local(at("localhost:0"));
    EXPECT_TRUE(local.it().address().starts_with("127.0.0.1:"));
    EXPECT_TRUE(local.is_well());
}

TEST(Server, ListensOnIpv6) {
    boost::asio::io_context io;
    const router routes;
    const auto made = server::bind(io, at("[::1]:0"), routes);
    // A machine without IPv6 says so in words.
    if (made)
        EXPECT_TRUE((*made)->address().starts_with("[::1]:")) << (*made)->address();
    else
        EXPECT_NE(made.error().what.find("[::1]:0 (api.listen)"), std::string::npos);
}

TEST(Server, NamesTheBusyPortAndTheRemedy) {
    running_server server;
    const auto busy = server.it().address();
    EXPECT_EQ(bind_failure(at(busy)),
              "cannot listen on " + busy +
                  " (api.listen): Address already in use; stop the other process or set "
                  "api.listen to another port");
}

TEST(Server, NamesWhatIsWrongWithAnAddress) {
    EXPECT_NE(bind_failure(at("example.org:80")).find("numeric"), std::string::npos);
    EXPECT_NE(bind_failure(at("192.0.2.1:0")).find("(api.listen): Cannot assign"),
              std::string::npos);
    EXPECT_NE(bind_failure(at("127.0.0.1")).find("port is missing"), std::string::npos);
    EXPECT_NE(bind_failure(at("unix:relative")).find("absolute"), std::string::npos);
    EXPECT_NE(bind_failure(at("unix:/" + std::string(200, 'p'))).find("107"), std::string::npos);
    EXPECT_NE(bind_failure(at("unix:/no/such/dir/s")).find("No such file"), std::string::npos);
}

TEST(Server, ServesAUnixSocketAndRemovesItsFile) {
    const temp_dir dir;
    const auto path = dir.file("api.sock");
    std::promise<request> seen;
    {
        running_server server(at("unix:" + path), [&](router& routes) {
            routes.add("GET", "/who", [&](request call, responder reply) {
                seen.set_value(call);
                reply(text_response(200, "you"));
            });
        });
        EXPECT_EQ(server.it().address(), "unix:" + path);
        struct stat made {};
        ASSERT_EQ(::lstat(path.c_str(), &made), 0);
        EXPECT_EQ(made.st_mode & 07777U, 0660U);
        raw_client client(path);
        ASSERT_TRUE(client.connected());
        client.send("GET /who HTTP/1.1\r\nHost: any.name\r\n\r\n");
        EXPECT_EQ(client.read_reply().body, "you");
        const auto call = seen.get_future().get();
        EXPECT_TRUE(call.from_socket);
        EXPECT_EQ(call.peer, "unix");
        EXPECT_NE(bind_failure(at("unix:" + path)).find("another process listens there"),
                  std::string::npos);
        server.it().stop();
        EXPECT_TRUE(eventually([&] { return !fs::exists(path); }));
    }
}

TEST(Server, ReplacesAStaleSocketFileAndNothingElse) {
    const temp_dir dir;
    const auto path = dir.file("stale.sock");
    sockaddr_un name{};
    name.sun_family = AF_UNIX;
    std::memcpy(name.sun_path, path.data(), path.size());
    const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ASSERT_EQ(::bind(fd, reinterpret_cast<const sockaddr*>(&name), sizeof name), 0);
    ::close(fd);
    ASSERT_TRUE(fs::exists(path));
    {
        const running_server server(at("unix:" + path));
        raw_client client(path);
        client.send("GET /hello HTTP/1.1\r\nHost: x\r\n\r\n");
        EXPECT_EQ(client.read_reply().status, 200);
    }
    EXPECT_FALSE(fs::exists(path));

    const auto file = dir.file("precious");
    std::ofstream(file) << "data";
    EXPECT_NE(bind_failure(at("unix:" + file)).find("not a socket"), std::string::npos);
    EXPECT_TRUE(fs::exists(file));
}

TEST(Server, LeavesASocketFileThatIsNoLongerItsOwn) {
    const temp_dir dir;
    const auto path = dir.file("taken.sock");
    {
        const running_server server(at("unix:" + path));
        fs::rename(path, dir.file("kept"));
        std::ofstream(path) << "somebody else's";
    }
    EXPECT_TRUE(fs::exists(path));
}

TEST(Server, TurnsAwayWhoIsOverTheLimit) {
    auto options = local_options();
    options.limits.connections_max = 2;
    running_server server(options);
    auto first = std::make_unique<raw_client>(server.port());
    raw_client second(server.port());
    ASSERT_TRUE(eventually([&] { return server.it().connections() == 2; }));
    raw_client third(server.port());
    const auto answer = third.read_reply();
    EXPECT_EQ(answer.status, 503);
    EXPECT_TRUE(answer.has("Retry-After: 1"));
    EXPECT_TRUE(third.closes());
    second.send(server.get("/hello"));
    EXPECT_EQ(second.read_reply().status, 200);
    first.reset();
    ASSERT_TRUE(eventually([&] { return server.it().connections() == 1; }));
    EXPECT_TRUE(server.is_well());
}

TEST(Server, ClosesAllWhenStoppedAndCallsNoHandlerAfterwards) {
    std::atomic<int> calls{0};
    running_server server(local_options(), [&](router& routes) {
        routes.add("GET", "/count", [&](request, responder reply) {
            ++calls;
            reply(text_response(200, ""));
        });
    });
    const auto port = server.port();
    raw_client idle(port);
    idle.send(server.get("/count"));
    EXPECT_EQ(idle.read_reply().status, 200);
    raw_client halfway(port);
    halfway.send("GET /cou");
    ASSERT_TRUE(eventually([&] { return server.it().connections() == 2; }));
    server.it().stop();
    idle.send(server.get("/count"));
    EXPECT_TRUE(idle.closes());
    EXPECT_EQ(idle.rest(), "");
    EXPECT_TRUE(halfway.closes());
    EXPECT_TRUE(eventually([&] { return server.it().connections() == 0; }));
    EXPECT_FALSE(raw_client(port).connected());
    EXPECT_EQ(calls, 1);
    server.it().stop();
}

// Takes all descriptors of this process away for a while.
class no_descriptors {
public:
    no_descriptors() {
        ::getrlimit(RLIMIT_NOFILE, &before_);
        const int free = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
        ::close(free);
        rlimit less = before_;
        less.rlim_cur = static_cast<rlim_t>(free);
        ::setrlimit(RLIMIT_NOFILE, &less);
    }
    ~no_descriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }
    no_descriptors(const no_descriptors&) = delete;
    no_descriptors& operator=(const no_descriptors&) = delete;

private:
    rlimit before_{};
};

TEST(Server, SurvivesAShortageOfDescriptors) {
    running_server server;
    EXPECT_TRUE(server.is_well());
    // A connection that closes during the shortage would give a descriptor back.
    ASSERT_TRUE(eventually([&] { return server.it().connections() == 0; }));
    std::vector<std::unique_ptr<raw_client>> callers(5);
    for (auto& caller : callers)
        caller = std::make_unique<raw_client>();
    int refused = 0;
    bool none_left = false;
    {
        const no_descriptors shortage;
        none_left = ::open("/dev/null", O_RDONLY | O_CLOEXEC) < 0;
        // Nobody hangs in the backlog until descriptors come back.
        for (auto& caller : callers) {
            caller->connect(server.port());
            if (caller->read_reply().status == 503 && caller->closes()) ++refused;
        }
    }
    EXPECT_TRUE(none_left);
    EXPECT_EQ(refused, 5);
    // The very next caller may still be turned away in the same turn.
    EXPECT_TRUE(eventually([&] { return server.is_well(); }));
}

}  // namespace
}  // namespace townd::http::test
