#include "standin/town.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <fstream>
#include <utility>

namespace townd::standin {
namespace {

using steady = std::chrono::steady_clock;

int left_of(steady::time_point deadline) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - steady::now()).count();
    return static_cast<int>(std::max<std::int64_t>(left, 0));
}

class plain_socket {
public:
    plain_socket() : fd_{::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)} {}
    ~plain_socket() { ::close(fd_); }
    plain_socket(const plain_socket&) = delete;
    plain_socket& operator=(const plain_socket&) = delete;

    [[nodiscard]] bool ready(short what, steady::time_point deadline) const {
        pollfd entry{fd_, what, 0};
        return ::poll(&entry, 1, left_of(deadline)) == 1;
    }
    /// 0 or the errno of the connect; ETIMEDOUT when the deadline passes.
    [[nodiscard]] int connect(std::uint16_t port, steady::time_point deadline) const {
        sockaddr_in at{};
        at.sin_family = AF_INET;
        at.sin_port = htons(port);
        at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        if (::connect(fd_, reinterpret_cast<const sockaddr*>(&at), sizeof at) == 0) return 0;
        if (errno != EINPROGRESS) return errno;
        if (!ready(POLLOUT, deadline)) return ETIMEDOUT;
        int error = 0;
        socklen_t size = sizeof error;
        ::getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error, &size);
        return error;
    }
    [[nodiscard]] int fd() const { return fd_; }

private:
    int fd_;
};

wire_end read_to_end(const plain_socket& from, std::string& into, steady::time_point deadline) {
    char block[4096];
    while (from.ready(POLLIN, deadline)) {
        const auto got = ::recv(from.fd(), block, sizeof block, 0);
        if (got == 0) return wire_end::closed;
        if (got < 0) return wire_end::reset;
        into.append(block, static_cast<std::size_t>(got));
    }
    return wire_end::timed_out;
}

}  // namespace

instant wall_clock::now() const noexcept {
    const auto since = std::chrono::system_clock::now().time_since_epoch();
    return instant{std::chrono::duration_cast<duration>(since)};
}

std::int64_t wall_clock::wall_seconds() const noexcept {
    return unix_ms(now()) / 1000;
}

void fake_town_api::call(http_call request, std::function<void(http_answer)> done) {
    http_answer answer = api_answer(200);
    {
        const std::lock_guard lock{mutex_};
        if (script_) answer = script_(request);
        calls_.push_back(std::move(request));
    }
    changed_.notify_all();
    done(std::move(answer));
}

void fake_town_api::answer_with(script answer) {
    const std::lock_guard lock{mutex_};
    script_ = std::move(answer);
}

std::vector<http_call> fake_town_api::calls() const {
    const std::lock_guard lock{mutex_};
    return calls_;
}

std::vector<http_call> fake_town_api::calls_to(std::string_view target_end) const {
    auto all = calls();
    std::erase_if(all, [=](const auto& call) { return !call.target.ends_with(target_end); });
    return all;
}

bool fake_town_api::wait_for(std::string_view target_end, std::size_t count) const {
    std::unique_lock lock{mutex_};
    return changed_.wait_for(lock, patience, [&] {
        const auto found = std::count_if(calls_.begin(), calls_.end(), [=](const auto& call) {
            return call.target.ends_with(target_end);
        });
        return static_cast<std::size_t>(found) >= count;
    });
}

http_answer api_answer(int status, const json& data) {
    http_answer out;
    out.status = status;
    out.body = dump_json({{"success", status < 300}, {"data", data}});
    out.request_sent = true;
    return out;
}

http_answer api_away() {
    http_answer out;
    out.error.emplace(error_code::connect_refused, error_phase::connect, blame::infrastructure,
                      "nothing listens");
    return out;
}

fake_town_api::script api_with_hook(std::string bead) {
    return [bead = std::move(bead)](const http_call& call) {
        if (!call.target.ends_with("/prime")) return api_answer(200);
        return api_answer(200, {{"hooked_bead", {{"bead_id", bead}}}});
    };
}

std::string header_of(const http_call& call, std::string_view name) {
    for (const auto& [key, value] : call.headers) {
        if (key == name) return value;
    }
    return {};
}

int wire_answer::status() const {
    if (!bytes.starts_with("HTTP/1.1 ") || bytes.size() < 12) return 0;
    return std::stoi(bytes.substr(9, 3));
}

std::string wire_answer::head() const {
    return bytes.substr(0, bytes.find("\r\n\r\n"));
}

std::string wire_answer::body() const {
    const auto blank = bytes.find("\r\n\r\n");
    return blank == std::string::npos ? std::string{} : bytes.substr(blank + 4);
}

json wire_answer::body_json() const {
    const auto parsed = parse_json(body());
    return parsed ? *parsed : json(nullptr);
}

wire_answer exchange_bytes(std::uint16_t port, std::string_view bytes,
                           std::chrono::milliseconds wait) {
    const auto deadline = steady::now() + wait;
    const plain_socket line;
    wire_answer out;
    const int error = line.connect(port, deadline);
    if (error == ECONNREFUSED) out.end = wire_end::refused;
    if (error != 0) return out;
    out.connected = true;
    while (!bytes.empty() && line.ready(POLLOUT, deadline)) {
        const auto sent = ::send(line.fd(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent < 0) break;
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    out.end = read_to_end(line, out.bytes, deadline);
    return out;
}

json start_body(std::string_view agent, std::string_view role) {
    return {{"agentId", agent},
            {"rigId", "rig-1"},
            {"townId", "town-1"},
            {"role", role},
            {"name", "Toast"},
            {"identity", "Toast-polecat"},
            {"prompt", "Do it"},
            {"model", "some/model"},
            {"systemPrompt", "You are"},
            {"gitUrl", "https://git.example/x.git"},
            {"branch", "gt/toast/12345678"},
            {"defaultBranch", "main"},
            {"envVars",
             {{"GASTOWN_API_URL", "http://town.example:1234"},
              {"GASTOWN_SESSION_TOKEN", "session-secret"},
              {"GASTOWN_CONTAINER_TOKEN", "container-secret"}}}};
}

bool eventually(const std::function<bool()>& condition) {
    const auto deadline = steady::now() + patience;
    while (!condition()) {
        if (steady::now() > deadline) return false;
        std::this_thread::sleep_for(std::chrono::milliseconds{1});
    }
    return true;
}

town::town(options opts) {
    auto made = container::start(io_, clock, api, std::move(opts));
    if (!made) throw std::runtime_error(made.error().what);
    box = std::move(*made);
    thread_ = std::thread{[this] { io_.run(); }};
}

town::~town() {
    box.reset();
    thread_.join();  // With the container gone nothing keeps the io_context busy.
}

std::uint16_t town::port() const {
    const auto at = box->address();
    return static_cast<std::uint16_t>(std::stoi(at.substr(at.rfind(':') + 1)));
}

wire_answer town::send(std::string_view method, std::string_view target, std::string_view body,
                       std::string_view headers, std::chrono::milliseconds wait) const {
    std::string bytes{method};
    bytes.append(" ").append(target).append(" HTTP/1.1\r\nHost: standin\r\n").append(headers);
    bytes += "Content-Type: application/json\r\nContent-Length: " + std::to_string(body.size());
    bytes.append("\r\n\r\n").append(body);
    return exchange_bytes(port(), bytes, wait);
}

wire_answer town::start(std::string_view agent, std::string_view role) const {
    return send("POST", "/agents/start", dump_json(start_body(agent, role)),
                "X-Dispatch-Id: d-" + std::string{agent} + "\r\n");
}

wire_answer town::status(std::string_view agent) const {
    return send("GET", "/agents/" + std::string{agent} + "/status");
}

temp_dir::temp_dir() {
    std::string pattern = (std::filesystem::temp_directory_path() / "standin-XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
}

temp_dir::~temp_dir() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

std::string temp_dir::file(std::string_view name) const {
    return (path_ / name).string();
}

std::vector<json> read_lines(const std::string& path) {
    std::ifstream file{path};
    std::vector<json> out;
    for (std::string line; std::getline(file, line);) {
        const auto parsed = parse_json(line);
        out.push_back(parsed ? *parsed : json(nullptr));
    }
    return out;
}

}  // namespace townd::standin
