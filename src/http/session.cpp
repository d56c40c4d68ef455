#include "http/session.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <cstring>

#include "http/answer.hpp"
#include "http/reply.hpp"

namespace townd::http {

namespace asio = boost::asio;
namespace beast_http = boost::beast::http;
using boost::system::error_code;

namespace {

// Beyond the header's own limit, so that a header at the limit and the start of a body fit.
constexpr std::size_t buffer_slack = 512;
constexpr std::size_t read_bytes_max = 16 * 1024;
// How much is read and thrown away after the last answer.
constexpr std::size_t linger_bytes_max = 1024 * 1024;

constexpr std::string_view continue_bytes = "HTTP/1.1 100 Continue\r\n\r\n";

std::string address_of(const protocol::endpoint& end) {
    asio::ip::tcp::endpoint numeric;
    if (end.size() > numeric.capacity()) return {};
    std::memcpy(numeric.data(), end.data(), end.size());
    const auto address = numeric.address();
    if (address.is_v6() && address.to_v6().is_v4_mapped())
        return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6()).to_string();
    return address.to_string();
}

std::optional<std::uint32_t> uid_of(int fd) {
    ucred who{};
    socklen_t size = sizeof who;
    if (::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &size) != 0) return std::nullopt;
    return who.uid;
}

// Beast reads a folded field and leaves no trace of it; the raw bytes have one.
bool has_folded_field(std::string_view header) {
    for (auto at = header.find("\r\n"); at != std::string_view::npos;
         at = header.find("\r\n", at + 2))
        if (at + 2 < header.size() && (header[at + 2] == ' ' || header[at + 2] == '\t'))
            return true;
    return false;
}

}  // namespace

struct session::parser {
    parser() {
        beast.header_limit(std::numeric_limits<std::uint32_t>::max());  // The buffer is the limit.
        beast.body_limit(boost::none);  // check_request has its own.
    }
    [[nodiscard]] raw_head head(std::string_view raw) const {
        const auto& message = beast.get();
        raw_head out;
        out.method = message.method_string();
        out.target = message.target();
        out.http_11 = message.version() == 11;
        out.folded = has_folded_field(raw);
        for (const auto& field : message)
            out.fields.emplace_back(field.name_string(), field.value());
        return out;
    }
    beast_http::request_parser<beast_http::empty_body> beast;
};

session::session(std::shared_ptr<server_core> core, stream_socket socket)
    : core_(std::move(core)),
      socket_(std::move(socket)),
      timer_(socket_.get_executor()),
      watch_(socket_.get_executor()),
      buffer_(core_->options.limits.header_bytes_max + buffer_slack) {
    core_->sessions.insert(this);
    ++core_->connections;
}

session::~session() {
    close_stream();
    core_->sessions.erase(this);
    --core_->connections;
}

void session::close() noexcept {
    if (std::exchange(closed_, true)) return;
    close_stream();
    error_code ignored;
    socket_.close(ignored);
    try {
        timer_.cancel();
    } catch (...) {  // The timer then ends by itself and finds `closed_`.
    }
}

void session::start() {
    guarded([&] {
        error_code error;
        if (core_->from_socket) {
            peer_ = "unix";
            peer_uid_ = uid_of(socket_.native_handle());
        } else {
            peer_ = address_of(socket_.remote_endpoint(error));
            if (error) return close();
            local_ = address_of(socket_.local_endpoint(error));
            socket_.set_option(asio::ip::tcp::no_delay(true), error);
        }
        if (core_->stopping) return close();
        next_request();
    });
}

// ---- Time ---------------------------------------------------------------------------------------

// The timer reads the clock; this room has none of its own.
session::steady::time_point session::loop_time() {
    watch_.expires_after(steady::duration::zero());
    return watch_.expiry();
}

// Moving the deadline is free while the timer ends before it: it then looks again.
void session::enter(phase next, duration limit) {
    phase_ = next;
    deadline_ = loop_time() + limit;
    if (!timer_set_ || timer_.expiry() > deadline_) set_timer();
}

void session::set_timer() {
    timer_.expires_at(deadline_);
    timer_set_ = true;
    timer_.async_wait([self = shared_from_this()](const error_code& error) {
        if (error) return;
        self->guarded([&] { self->on_timer(); });
    });
}

void session::on_timer() {
    timer_set_ = false;
    if (loop_time() < deadline_) return set_timer();
    switch (phase_) {
        case phase::header:
        case phase::body: {
            if (phase_ == phase::header && buffer_.size() == 0) return close();
            expired_ = true;  // The operation under way ends and finds this.
            error_code ignored;
            socket_.cancel(ignored);
            return;
        }
        case phase::answering:
            return late();
        case phase::streaming:
            return look_at_stream();
        case phase::idle:
        case phase::writing:
        case phase::lingering:
            return close();
    }
}

// ---- Reading ------------------------------------------------------------------------------------

void session::next_request() {
    const auto& limits = core_->options.limits;
    parser_ = std::make_unique<parser>();
    parsed_ = 0;
    chunks_.reset();
    request_ = {};
    body_.clear();
    ++number_;
    if (number_ > 1 && buffer_.size() == 0) {
        enter(phase::idle, limits.idle_timeout);
        return read();
    }
    enter(phase::header, limits.header_timeout);
    if (buffer_.size() == 0) return read();
    advance();
}

// The callers have seen to it that the buffer has room.
void session::read() {
    const auto room = std::min(buffer_.max_size() - buffer_.size(), read_bytes_max);
    socket_.async_read_some(buffer_.prepare(room),
                            [self = shared_from_this()](const error_code& error, std::size_t n) {
                                self->guarded([&] { self->on_read(error, n); });
                            });
}

void session::on_read(const error_code& error, std::size_t bytes) {
    if (expired_) {
        keep_ = false;
        return refuse(408, "the request did not arrive in time");
    }
    if (error) return close();
    buffer_.commit(bytes);
    if (phase_ == phase::idle) enter(phase::header, core_->options.limits.header_timeout);
    advance();
}

void session::advance() {
    if (phase_ == phase::header) return parse_header();
    if (chunks_) return take_chunks();
    take_body();
}

void session::parse_header() {
    const auto header_max = core_->options.limits.header_bytes_max;
    auto& beast = parser_->beast;
    while (!beast.is_header_done()) {
        error_code error;
        parsed_ += beast.put(buffer_.cdata() + parsed_, error);
        if (error == beast_http::error::need_more) {
            if (buffer_.size() < header_max) return read();
            return refuse(431,
                          "the header may hold at most " + std::to_string(header_max) + " bytes");
        }
        if (error) return refuse(400, "not an HTTP/1.1 request: " + error.message());
    }
    if (parsed_ > header_max)
        return refuse(431, "the header may hold at most " + std::to_string(header_max) + " bytes");
    accept_header();
}

void session::accept_header() {
    const auto& options = core_->options;
    const std::string_view raw{static_cast<const char*>(buffer_.cdata().data()), parsed_};
    const bool any_host = options.any_host || core_->from_socket;
    request_ = check_request(parser_->head(raw), options.limits, any_host ? nullptr : &core_->hosts,
                             local_);
    request_.call.peer = peer_;
    request_.call.from_socket = core_->from_socket;
    request_.call.peer_uid = peer_uid_;
    buffer_.consume(parsed_);
    if (request_.no) return refuse(request_.no->status, request_.no->why);

    const auto requests_max =
        static_cast<std::uint64_t>(options.limits.requests_per_connection_max);
    keep_ = parser_->beast.keep_alive() && number_ < requests_max;
    if (!request_.chunked && request_.body_bytes == 0) return serve();
    enter(phase::body, options.limits.body_timeout);
    if (request_.chunked)
        chunks_.emplace(options.limits.body_bytes_max, options.limits.header_bytes_max);
    if (request_.awaits_continue && buffer_.size() == 0) return send_continue();
    advance();
}

void session::send_continue() {
    asio::async_write(socket_, asio::buffer(continue_bytes),
                      [self = shared_from_this()](const error_code& error, std::size_t) {
                          self->guarded([&] { self->on_read(error, 0); });
                      });
}

void session::take_body() {
    auto& body = request_.call.body;
    const auto bytes = std::min(request_.body_bytes - body.size(), buffer_.size());
    body.append(static_cast<const char*>(buffer_.cdata().data()), bytes);
    buffer_.consume(bytes);
    if (body.size() < request_.body_bytes) return read();
    serve();
}

void session::take_chunks() {
    using verdict = wire::chunked_decoder::verdict;
    const auto held = buffer_.cdata();
    std::string_view bytes{static_cast<const char*>(held.data()), held.size()};
    const auto outcome = chunks_->take(bytes, request_.call.body);
    buffer_.consume(held.size() - bytes.size());
    switch (outcome) {
        case verdict::more:
            return read();
        case verdict::done:
            return serve();
        case verdict::malformed:
            return refuse(400, "the chunked body is malformed");
        case verdict::body_too_large:
            return refuse(413, "the body may hold at most " +
                                   std::to_string(core_->options.limits.body_bytes_max) + " bytes");
        case verdict::overhead_too_large:
            return refuse(431, "the chunked body has too long extensions or trailers");
    }
}

// ---- Answering ----------------------------------------------------------------------------------

void session::serve() {
    if (core_->stopping) return close();
    enter(phase::answering, core_->options.limits.answer_timeout);
    began_ = loop_time();
    auto call = std::move(request_.call);
    seen_.method = call.method;
    seen_.path = call.path;
    seen_.raw_path = call.raw_path;
    seen_.peer = call.peer;
    seen_.from_socket = call.from_socket;
    const auto slot = std::make_shared<answer_slot>(core_, weak_from_this(), number_);
    core_->routes.dispatch(std::move(call),
                           [slot](response given) { slot->give(std::move(given)); });
}

void session::answer(std::uint64_t number, response given) noexcept {
    guarded([&] {
        if (phase_ == phase::answering && number == number_) write(std::move(given));
    });
}

void session::late() {
    write(error_response(503, "no answer within " + to_words(core_->options.limits.answer_timeout) +
                                  "; the request may still take effect"));
}

// The rest of the request is unread: nothing on this connection can be trusted after it.
void session::refuse(int status, std::string_view why) {
    keep_ = false;
    began_ = loop_time();
    seen_ = std::move(request_.call);
    seen_.body.clear();
    seen_.headers.clear();
    seen_.peer = peer_;
    seen_.from_socket = core_->from_socket;
    const auto& form = core_->options.refusal;
    write(form ? form(seen_, status, why) : error_response(status, why));
}

void session::write(response answer) {
    answer = admitted(std::move(answer));
    enter(phase::writing, core_->options.limits.write_timeout);
    if (core_->stopping || answer.stream) keep_ = false;
    status_ = answer.status;
    head_ = head_bytes(answer, keep_);
    body_ = answer.stream || seen_.method == "HEAD" || !has_body(answer.status)
                ? std::string{}
                : std::move(answer.body);
    if (answer.stream && seen_.method != "HEAD") open_stream(std::move(answer.stream));
    const std::array<asio::const_buffer, 2> bytes{asio::buffer(head_), asio::buffer(body_)};
    asio::async_write(socket_, bytes,
                      [self = shared_from_this()](const error_code& error, std::size_t) {
                          self->guarded([&] { self->on_written(error); });
                      });
}

void session::on_written(const error_code& error) {
    report();
    if (error) return close();
    if (stream_) return begin_frames();
    if (keep_) return next_request();
    linger();
}

void session::report() {
    if (!core_->options.on_done) return;
    const auto took = loop_time() - began_;
    try {
        core_->options.on_done(seen_, status_,
                               std::chrono::duration_cast<std::chrono::microseconds>(took));
    } catch (...) {  // What watches must not harm what is watched.
    }
}

void session::linger() {
    if (phase_ != phase::lingering) {
        error_code ignored;
        socket_.shutdown(asio::socket_base::shutdown_send, ignored);
        if (expired_) return close();
        enter(phase::lingering, linger_timeout);
    }
    buffer_.clear();
    socket_.async_read_some(buffer_.prepare(read_bytes_max),
                            [self = shared_from_this()](const error_code& error, std::size_t n) {
                                self->guarded([&] {
                                    self->lingered_ += n;
                                    if (error || self->lingered_ > linger_bytes_max)
                                        return self->close();
                                    self->linger();
                                });
                            });
}

}  // namespace townd::http
