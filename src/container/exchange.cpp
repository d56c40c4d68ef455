#include "container/exchange.hpp"

#include <openssl/x509_vfy.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <typeinfo>
#include <utility>

#include "container/reach.hpp"
#include "container/redaction.hpp"

namespace townd::container {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using std::chrono::microseconds;

constexpr auto token = asio::as_tuple(asio::use_awaitable);

bool plain(std::string_view text) noexcept {
    return std::all_of(text.begin(), text.end(),
                       [](char c) { return static_cast<unsigned char>(c) >= 0x20 && c != 0x7F; });
}

}  // namespace

exchange::exchange(asio::io_context& io, std::shared_ptr<exchange_setup> setup, http_call request,
                   done_callback done)
    : setup_(std::move(setup)),
      request_(std::move(request)),
      done_(std::move(done)),
      socket_(io),
      timer_(io),
      began_(monotonic()) {}

void exchange::begin(asio::io_context& io, std::shared_ptr<exchange> self) {
    asio::co_spawn(io, run(std::move(self)), asio::detached);
}

void exchange::abandon() {
    finished_ = true;
    done_ = nullptr;
    disarm();
    close();
}

void exchange::finish(std::optional<dispatch_error> error) {
    if (std::exchange(finished_, true)) return;
    disarm();
    close();
    answer_.error = std::move(error);
    const done_callback done = std::exchange(done_, nullptr);
    if (setup_->closed || !done) return;
    try {
        take_out_secrets(request_, answer_);
        done(std::move(answer_));
    } catch (...) {  // NOLINT(bugprone-empty-catch)
        // The caller's own exception, after its call is over: it must not end the io thread.
    }
}

asio::awaitable<void> exchange::run(std::shared_ptr<exchange> self) {
    try {
        const bool fine = co_await self->steps();
        if (fine) self->error_.reset();
    } catch (const std::exception& e) {
        self->fail(error_code::internal, std::string(typeid(e).name()) + ": " + e.what());
    } catch (...) {
        self->fail(error_code::unknown, "an exception of unknown type");
    }
    self->finish(std::move(self->error_));
}

exchange::step exchange::steps() {
    if (!prepare()) co_return false;
    bool fine = co_await resolve();
    if (fine) fine = co_await connect();
    if (fine && url_.tls) fine = co_await handshake();
    if (fine) fine = co_await write();
    if (fine) fine = co_await read();
    co_return fine;
}

bool exchange::prepare() {
    auto url = parse_container_url(request_.url);
    if (!url) return fail({error_code::config_invalid, phase_, blame::config, url.error().what});
    url_ = std::move(*url);
    answer_.endpoint = url_.host_port();
    if (url_.tls && !setup_->tls_problem.empty())
        return fail({error_code::config_invalid, phase_, blame::config, setup_->tls_problem});
    bool sound = !request_.method.empty() && !request_.target.empty() &&
                 request_.target.front() == '/' && plain(request_.target) &&
                 request_.target.find(' ') == std::string::npos;
    sound = sound &&
            request_.method.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ") == std::string::npos;
    for (const auto& [name, value] : request_.headers)
        sound = sound && !name.empty() && plain(name) && plain(value) &&
                name.find_first_of(" :") == std::string::npos;
    if (sound) return true;
    return fail({error_code::internal, phase_, blame::unknown,
                 "the request to " + answer_.endpoint +
                     " has a method, path or header that HTTP cannot carry"});
}

std::string exchange::request_text() const {
    const bool usual = url_.port == (url_.tls ? 443 : 80);
    const std::string authority = url_.host_port();
    std::string text = request_.method + " " + url_.path + request_.target + " HTTP/1.1\r\nHost: " +
                       (usual ? authority.substr(0, authority.rfind(':')) : authority) +
                       "\r\nUser-Agent: townd\r\nAccept: application/json"
                       "\r\nAccept-Encoding: identity\r\nConnection: close\r\n";
    if (!request_.body.empty()) text += "Content-Type: application/json\r\n";
    if (!request_.body.empty() || request_.method != "GET")
        text += "Content-Length: " + std::to_string(request_.body.size()) + "\r\n";
    for (const auto& [name, value] : request_.headers)
        text += name + ": " + value + "\r\n";
    return text + "\r\n" + request_.body;
}

exchange::step exchange::resolve() {
    enter(error_phase::resolve);
    boost::system::error_code ec;
    const auto literal = asio::ip::make_address(url_.host, ec);
    if (!ec) {
        addresses_.push_back(literal);
        leave(false);
        co_return true;
    }
    // The lookup cannot be cancelled, so the timer is what is waited for and the lookup cuts it
    // short.
    timer_.expires_after(std::min(left(request_.connect_timeout), left(request_.total_timeout)));
    std::function<void(const lookup_result&)> found = [weak = weak_from_this()](const auto& all) {
        const auto self = weak.lock();
        if (!self || self->phase_ != error_phase::resolve || self->finished_) return;
        self->looked_up_ = all;
        self->timer_.cancel();
    };
    setup_->names.find(url_.host, std::move(found));
    if (!looked_up_) co_await timer_.async_wait(token);
    if (!looked_up_) {
        co_return fail(error_code::resolve_failed,
                       "resolve " + url_.host + ": no answer within " +
                           span_words(std::min(request_.connect_timeout, request_.total_timeout)));
    }
    if (looked_up_->addresses.empty()) {
        fail(error_code::resolve_failed, "resolve " + url_.host + ": " + looked_up_->problem);
        error_->sys_errno = looked_up_->sys_errno;
        co_return false;
    }
    addresses_ = std::move(looked_up_->addresses);
    leave(false);
    co_return true;
}

exchange::step exchange::connect() {
    enter(error_phase::connect);
    for (const auto& address : addresses_)
        if (const auto why = refused_address(address))
            co_return fail({error_code::config_invalid, phase_, blame::config,
                            "connect " + answer_.endpoint + ": " + address.to_string() +
                                " is refused: " + std::string{*why}});
    for (std::size_t i = 0; i < addresses_.size(); ++i) {
        const tcp::endpoint to(addresses_[i], url_.port);
        // Each address gets its share of the time, so that one that swallows packets leaves some.
        const auto share =
            left(request_.connect_timeout) / static_cast<std::int64_t>(addresses_.size() - i);
        close();
        arm(std::min(share, left(request_.total_timeout)));
        std::tie(ec_) = co_await socket_.async_connect(to, token);
        disarm();
        if (finished_) co_return false;
        if (!ec_ && !expired_) {
            socket_.set_option(tcp::no_delay(true), ec_);
            leave(false);
            co_return true;
        }
        fail_connect(to);
    }
    co_return false;
}

exchange::step exchange::handshake() {
    enter(error_phase::tls);
    arm(std::min(left(request_.connect_timeout), left(request_.total_timeout)));
    tls_.emplace(socket_, setup_->tls);
    boost::system::error_code literal;
    asio::ip::make_address(url_.host, literal);
    // SNI is for names only (RFC 6066).
    if (literal)
        SSL_ctrl(tls_->native_handle(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
                 url_.host.data());
    tls_->set_verify_mode(asio::ssl::verify_peer, ec_);
    const auto verify = [check = asio::ssl::host_name_verification(url_.host)](
                            bool valid, asio::ssl::verify_context& at) {
        const bool matches = check(valid, at);
        if (valid && !matches)
            X509_STORE_CTX_set_error(at.native_handle(), X509_V_ERR_HOSTNAME_MISMATCH);
        return matches;
    };
    if (!ec_) tls_->set_verify_callback(verify, ec_);
    if (!ec_) std::tie(ec_) = co_await tls_->async_handshake(asio::ssl::stream_base::client, token);
    disarm();
    if (ec_ || expired_) co_return fail_handshake();
    leave(false);
    co_return true;
}

asio::awaitable<std::size_t> exchange::write_some(asio::const_buffer bytes) {
    std::size_t n = 0;
    if (tls_) {
        // Encrypted bytes may be on the wire before the stream reports any: count them as sent.
        answer_.request_sent = true;
        std::tie(ec_, n) = co_await tls_->async_write_some(bytes, token);
    } else {
        std::tie(ec_, n) = co_await socket_.async_write_some(bytes, token);
        if (n > 0) answer_.request_sent = true;
    }
    co_return n;
}

asio::awaitable<std::size_t> exchange::read_some(asio::mutable_buffer room) {
    std::size_t n = 0;
    if (tls_) {
        std::tie(ec_, n) = co_await tls_->async_read_some(room, token);
    } else {
        std::tie(ec_, n) = co_await socket_.async_read_some(room, token);
    }
    co_return n;
}

exchange::step exchange::write() {
    enter(error_phase::write);
    arm(left(request_.total_timeout));
    const std::string text = request_text();
    std::size_t sent = 0;
    while (sent < text.size()) {
        const asio::const_buffer rest = asio::buffer(text) + sent;
        sent += co_await write_some(rest);
        if (ec_ || expired_ || finished_) co_return fail_transport();
    }
    leave(false);
    co_return true;
}

exchange::step exchange::read() {
    enter(error_phase::header);
    response_reader::limits limits;
    limits.header = setup_->options.header_bytes_max;
    limits.body = setup_->options.body_bytes_max;
    reader_.emplace(limits);
    auto progress = response_reader::progress::more;
    while (progress == response_reader::progress::more) {
        const asio::mutable_buffer room = reader_->room();
        const std::size_t n = co_await read_some(room);
        if (finished_) co_return false;
        if (expired_) co_return fail_transport();
        const bool ended = ec_ == asio::error::eof || ec_ == asio::ssl::error::stream_truncated;
        if (ec_ && !ended) co_return fail_transport();
        progress = reader_->commit(n);
        if (ended && progress == response_reader::progress::more)
            progress = reader_->end_of_stream();
        if (phase_ == error_phase::header && reader_->header_done()) {
            leave(false);
            enter(error_phase::body);
        }
    }
    reader_->fill(answer_);
    if (progress == response_reader::progress::failed)
        co_return fail(reader_->problem(answer_.endpoint));
    leave(false);
    co_return true;
}

// ---- time ------------------------------------------------------------------------------------

microseconds exchange::left(duration budget) const {
    return std::max(microseconds{0}, microseconds(budget) - (monotonic() - began_));
}

void exchange::arm(microseconds span) {
    expired_ = false;
    timer_.expires_after(span);
    timer_.async_wait([self = shared_from_this(), mine = ++alarm_](const error_code_t& ec) {
        if (ec || mine != self->alarm_) return;
        self->expired_ = true;
        self->close();
    });
}

void exchange::disarm() {
    ++alarm_;
    timer_.cancel();
}

void exchange::close() {
    boost::system::error_code ignored;
    socket_.close(ignored);
}

void exchange::enter(error_phase phase) {
    phase_ = phase;
    phase_began_ = monotonic();
}

void exchange::leave(bool failed) {
    if (phase_ == error_phase::prepare) return;
    // A name with several addresses is one connect phase, which ends as the last of them did.
    if (!answer_.phases.empty() && answer_.phases.back().name == to_text(phase_))
        answer_.phases.pop_back();
    answer_.phases.push_back({std::string{to_text(phase_)}, monotonic() - phase_began_, failed});
}

}  // namespace townd::container
