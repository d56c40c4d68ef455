#include "standin/front_door.hpp"

#include <boost/asio/ip/address.hpp>
#include <boost/asio/socket_base.hpp>
#include <charconv>
#include <utility>

namespace townd::standin {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

constexpr int fillers_made = 4;

result<tcp::endpoint> parse_listen(const std::string& text) {
    const failure bad{errc::invalid, "listen address '" + text +
                                         "' is not HOST:PORT with a literal address, as "
                                         "127.0.0.1:8080 or [::1]:8080"};
    const auto colon = text.rfind(':');
    if (colon == std::string::npos) return bad;
    std::string host = text.substr(0, colon);
    if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
        host = host.substr(1, host.size() - 2);
    }
    if (host == "localhost") host = "127.0.0.1";
    std::uint16_t port = 0;
    const char* const last = text.data() + text.size();
    const auto [end, wrong] = std::from_chars(text.data() + colon + 1, last, port);
    if (wrong != std::errc{} || end != last) return bad;
    boost::system::error_code error;
    const auto address = asio::ip::make_address(host, error);
    if (error) return bad;
    return tcp::endpoint{address, port};
}

failure port_failure(const tcp::endpoint& at, const boost::system::error_code& error) {
    return {errc::unavailable, "cannot listen on " + at.address().to_string() + ":" +
                                   std::to_string(at.port()) + ": " + error.message() +
                                   "; choose another port or end what holds it"};
}

}  // namespace

front_door::front_door(asio::io_context& io, visitor visit)
    : io_{io}, visit_{std::move(visit)}, pause_{io} {}

result<std::shared_ptr<front_door>> front_door::make(asio::io_context& io,
                                                     const std::string& listen, visitor visit) {
    const auto at = parse_listen(listen);
    if (!at) return at.error();
    auto made = std::make_shared<front_door>(io, std::move(visit));
    const std::lock_guard lock{made->mutex_};
    made->endpoint_ = *at;
    if (const auto bound = made->bind(); !bound) return bound.error();
    return made;
}

// A bound socket that does not listen refuses connects and still keeps the port from everybody
// else.
result<void> front_door::bind() {
    if (acceptor_) {
        boost::system::error_code ignored;
        acceptor_->close(ignored);
    }
    state_ = door_state::closed;
    fillers_.clear();
    acceptor_ = std::make_shared<acceptor>(io_);
    boost::system::error_code error;
    acceptor_->open(endpoint_.protocol(), error);
    if (!error) acceptor_->set_option(asio::socket_base::reuse_address{true}, error);
    if (!error) acceptor_->bind(endpoint_, error);
    if (error) return port_failure(endpoint_, error);
    endpoint_ = acceptor_->local_endpoint(error);
    return {};
}

result<void> front_door::set(door_state wanted) {
    const std::lock_guard lock{mutex_};
    if (stopped_) return failure{errc::unavailable, "the stand-in container has been stopped"};
    if (wanted == state_) return {};
    if (const auto bound = bind(); !bound) return bound.error();
    if (wanted == door_state::closed) return {};
    boost::system::error_code error;
    acceptor_->listen(wanted == door_state::full ? 0 : asio::socket_base::max_listen_connections,
                      error);
    if (error) return port_failure(endpoint_, error);
    state_ = wanted;
    if (wanted == door_state::full) {
        fill_queue();
    } else {
        accept_next(acceptor_);
    }
    return {};
}

// With a backlog of 0 the kernel queues one connection and leaves every later SYN unanswered.
void front_door::fill_queue() {
    auto at = endpoint_;
    if (at.address().is_unspecified()) {
        at.address(at.address().is_v6() ? asio::ip::address{asio::ip::address_v6::loopback()}
                                        : asio::ip::address{asio::ip::address_v4::loopback()});
    }
    for (int i = 0; i < fillers_made; ++i) {
        tcp::socket filler{io_};
        boost::system::error_code error;
        filler.open(at.protocol(), error);
        if (!error) filler.non_blocking(true, error);
        if (!error) filler.native_non_blocking(true, error);
        // Without Asio, whose connect() would wait for the end of a connect that never ends.
        if (!error) {
            static_cast<void>(
                ::connect(filler.native_handle(), at.data(), static_cast<socklen_t>(at.size())));
            fillers_.push_back(std::move(filler));
        }
    }
}

void front_door::accept_next(const std::shared_ptr<acceptor>& on) {
    on->async_accept(
        [self = shared_from_this(), on](const boost::system::error_code& error, tcp::socket peer) {
            self->accepted(on, error, std::move(peer));
        });
}

void front_door::accepted(const std::shared_ptr<acceptor>& on,
                          const boost::system::error_code& error, tcp::socket peer) {
    {
        const std::lock_guard lock{mutex_};
        if (on != acceptor_ || state_ != door_state::open) return;
        if (error) {
            // Out of descriptors, most likely: some will come back.
            pause_.expires_after(std::chrono::milliseconds{50});
            pause_.async_wait([self = shared_from_this(), on](const auto& cancelled) {
                const std::lock_guard again{self->mutex_};
                if (!cancelled && on == self->acceptor_) self->accept_next(on);
            });
            return;
        }
        accept_next(on);
    }
    visit_(std::move(peer));
}

tcp::endpoint front_door::endpoint() const {
    const std::lock_guard lock{mutex_};
    return endpoint_;
}

void front_door::stop() {
    const std::lock_guard lock{mutex_};
    stopped_ = true;
    state_ = door_state::closed;
    fillers_.clear();
    pause_.cancel();
    if (acceptor_) {
        boost::system::error_code ignored;
        acceptor_->close(ignored);
    }
    acceptor_.reset();
}

}  // namespace townd::standin
