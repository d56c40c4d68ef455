#include "bench/loopback.hpp"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <charconv>
#include <stdexcept>

#include "api/api.hpp"
#include "bench/bench_town.hpp"
#include "container/beast_client.hpp"
#include "http/server.hpp"
#include "sys/ids.hpp"

namespace townd::bench {
namespace {

namespace asio = boost::asio;

sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in out{};
    out.sin_family = AF_INET;
    out.sin_port = htons(port);
    out.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return out;
}

void expect(bool good, const char* what) {
    if (!good) throw std::runtime_error(what);
}

sockaddr* plain(sockaddr_in& address) {
    return static_cast<sockaddr*>(static_cast<void*>(&address));
}

// One message with its body, as far as Content-Length tells; empty when the peer has gone.
std::string read_message(int fd) {
    std::string text;
    std::array<char, 16 * 1024> chunk{};
    std::size_t whole = std::string::npos;
    while (text.size() < whole) {
        const auto got = ::recv(fd, chunk.data(), chunk.size(), 0);
        if (got <= 0) return {};
        text.append(chunk.data(), static_cast<std::size_t>(got));
        const auto end = text.find("\r\n\r\n");
        if (end == std::string::npos || whole != std::string::npos) continue;
        whole = end + 4;
        const auto at = text.find("Content-Length: ");
        if (at >= end) continue;
        std::size_t length = 0;
        std::from_chars(text.data() + at + 16, text.data() + end, length);
        whole += length;
    }
    return text;
}

void send_all(int fd, std::string_view text) {
    while (!text.empty()) {
        const auto sent = ::send(fd, text.data(), text.size(), MSG_NOSIGNAL);
        if (sent <= 0) return;  // The peer has gone; what waits for it says so.
        text.remove_prefix(static_cast<std::size_t>(sent));
    }
}

std::string body_of(const std::string& message) {
    const auto end = message.find("\r\n\r\n");
    return end == std::string::npos ? std::string{} : message.substr(end + 4);
}

}  // namespace

listener::listener(std::function<void(const std::string&)> seen) : seen_(std::move(seen)) {
    fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    auto address = loopback(0);
    socklen_t size = sizeof address;
    expect(fd_ >= 0 && ::bind(fd_, plain(address), size) == 0 && ::listen(fd_, 64) == 0 &&
               ::getsockname(fd_, plain(address), &size) == 0,
           "the listener does not listen");
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { run(); });
}

listener::~listener() {
    ::shutdown(fd_, SHUT_RDWR);
    thread_.join();
    ::close(fd_);
}

std::string listener::url() const {
    return "http://127.0.0.1:" + std::to_string(port_);
}

void listener::run() {
    for (;;) {
        const int fd = ::accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC);
        if (fd < 0) return;
        serve(fd);
        ::close(fd);
    }
}

void listener::serve(int fd) {
    const std::string request = read_message(fd);
    if (request.empty()) return;
    seen_(request);
    http_call call;
    call.target = request.starts_with("POST /agents/start") ? "/agents/start" : "/";
    call.body = body_of(request);
    const auto answer = good_answer(call);
    send_all(fd, "HTTP/1.1 " + std::to_string(*answer.status) +
                     " Fine\r\nContent-Type: application/json\r\nConnection: close\r\n"
                     "Content-Length: " +
                     std::to_string(answer.body.size()) + "\r\n\r\n" + answer.body);
}

keep_alive_client::keep_alive_client(std::uint16_t port) : port_(port) {
    fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    auto address = loopback(port);
    const int on = 1;
    expect(fd_ >= 0 && ::connect(fd_, plain(address), sizeof address) == 0 &&
               ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) == 0,
           "the API does not listen");
}

keep_alive_client::~keep_alive_client() {
    ::close(fd_);
}

json keep_alive_client::post(const std::string& path, const std::string& body) {
    send_all(fd_, "POST " + path + " HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(port_) +
                      "\r\nContent-Type: application/json\r\nContent-Length: " +
                      std::to_string(body.size()) + "\r\n\r\n" + body);
    const std::string said = read_message(fd_);
    if (!said.starts_with("HTTP/1.1 2")) throw std::runtime_error("the API says: " + said);
    return parse_json(body_of(said)).value();
}

struct client_loop::parts {
    asio::io_context io{1};
    asio::executor_work_guard<asio::io_context::executor_type> guard{io.get_executor()};
    std::unique_ptr<container_port> port = container::make_beast_client(io, {});
    std::thread thread{[this] { io.run(); }};
};

client_loop::client_loop() : parts_(std::make_unique<parts>()) {}

client_loop::~client_loop() {
    end();
    parts_->port.reset();
}

void client_loop::end() {
    parts_->guard.reset();
    parts_->io.stop();
    if (parts_->thread.joinable()) parts_->thread.join();
}

container_port& client_loop::port() {
    return *parts_->port;
}

struct api_server::parts {
    http::router routes;
    asio::io_context io{1};
    std::unique_ptr<http::server> server;
    std::thread thread;
};

api_server::api_server(engine::fleet& towns) : parts_(std::make_unique<parts>()) {
    api::api_options options;
    options.accept_all = true;
    options.wall_seconds = [] { return unix_ms(start_of_time) / 1000; };
    options.new_id = sys::random_uuid;
    api::add_routes(parts_->routes, towns, std::move(options));
    http::server_options listen;
    listen.listen = "127.0.0.1:0";
    auto bound = http::server::bind(parts_->io, listen, parts_->routes);
    if (!bound) throw std::runtime_error(bound.error().what);
    parts_->server = std::move(*bound);
    parts_->server->start();
    parts_->thread = std::thread([io = &parts_->io] { io->run(); });
}

api_server::~api_server() {
    parts_->server->stop();
    parts_->io.stop();
    parts_->thread.join();
    parts_->server.reset();
}

std::uint16_t api_server::port() const {
    return http::parse_listen(parts_->server->address()).value().port;
}

}  // namespace townd::bench
