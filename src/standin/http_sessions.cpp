#include "standin/http_sessions.hpp"

#include <algorithm>
#include <array>
#include <boost/asio/post.hpp>
#include <boost/asio/socket_base.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <cctype>
#include <chrono>
#include <exception>
#include <string>
#include <utility>

namespace townd::standin {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using boost::system::error_code;

constexpr std::chrono::seconds read_timeout{30};
constexpr std::chrono::seconds write_timeout{30};

request from_beast(const beast::http::request<beast::http::string_body>& from) {
    request out;
    out.method = std::string{from.method_string()};
    out.path = path_segments({from.target().data(), from.target().size()});
    for (const auto& field : from) {
        std::string name{field.name_string()};
        std::transform(name.begin(), name.end(), name.begin(), [](char c) {
            return static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
        });
        out.headers.emplace(std::move(name), std::string{field.value()});
    }
    out.body = from.body();
    return out;
}

}  // namespace

class http_session : public std::enable_shared_from_this<http_session> {
public:
    http_session(asio::ip::tcp::socket peer, http_sessions::handler answer)
        : stream_{std::move(peer)},
          wait_{stream_.get_executor()},
          buffer_{request_header_bytes_max + std::size_t{16} * 1024},
          answer_{std::move(answer)} {
        parser_.header_limit(static_cast<std::uint32_t>(request_header_bytes_max));
        parser_.body_limit(request_body_bytes_max);
    }

    void run() {
        stream_.expires_after(read_timeout);
        beast::http::async_read(stream_, buffer_, parser_,
                                [self = shared_from_this()](const error_code& error, std::size_t) {
                                    self->have_request(error);
                                });
    }

    void close() {
        wait_.cancel();
        stream_.close();
    }

private:
    void have_request(const error_code& error) {
        if (error) {
            if (error.category() != make_error_code(beast::http::error::bad_method).category()) {
                return;
            }
            reply_ = json_reply(400, {{"error", "Not an HTTP request: " + error.message()}});
        } else {
            answer_request();
        }
        stream_.expires_never();
        if (reply_.end == ending::hold) return hold();
        if (reply_.end == ending::reset) return reset();
        if (reply_.after > duration{0}) return write_later();
        write();
    }

    // An exception must end this exchange, not the thread that runs everybody's.
    void answer_request() {
        try {
            reply_ = answer_(from_beast(parser_.get()));
        } catch (const std::exception& problem) {
            reply_ = json_reply(500, {{"error", std::string{"Stand-in: "} + problem.what()}});
        }
    }

    // Nothing is answered; reading is how a peer that leaves is noticed.
    void hold() {
        stream_.async_read_some(asio::buffer(unread_),
                                [self = shared_from_this()](const error_code& error, std::size_t) {
                                    if (!error) self->hold();
                                });
    }

    void reset() {
        error_code ignored;
        stream_.socket().set_option(asio::socket_base::linger{true, 0}, ignored);
        stream_.socket().close(ignored);
    }

    void write_later() {
        wait_.expires_after(reply_.after);
        wait_.async_wait([self = shared_from_this()](const error_code& error) {
            if (!error) self->write();
        });
    }

    void write() {
        stream_.expires_after(write_timeout);
        asio::async_write(stream_, asio::buffer(reply_.bytes),
                          [self = shared_from_this()](const error_code& error, std::size_t) {
                              if (error) return;
                              error_code ignored;
                              self->stream_.socket().shutdown(asio::ip::tcp::socket::shutdown_both,
                                                              ignored);
                          });
    }

    beast::tcp_stream stream_;
    asio::steady_timer wait_;
    beast::flat_buffer buffer_;
    std::array<char, 512> unread_{};
    beast::http::request_parser<beast::http::string_body> parser_;
    http_sessions::handler answer_;
    reply reply_;
};

http_sessions::http_sessions(asio::io_context& io, handler answer)
    : io_{io}, answer_{std::move(answer)} {}

void http_sessions::serve(asio::ip::tcp::socket peer) {
    std::erase_if(open_, [](const auto& session) { return session.expired(); });
    if (open_.size() >= connections_max) return;
    const auto session = std::make_shared<http_session>(std::move(peer), answer_);
    open_.push_back(session);
    session->run();
}

void http_sessions::close_all() {
    asio::post(io_, [self = shared_from_this()] {
        for (const auto& weak : self->open_) {
            if (const auto session = weak.lock()) session->close();
        }
        self->open_.clear();
    });
}

}  // namespace townd::standin
