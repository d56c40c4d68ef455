#pragma once
// Reads one request from each connection and writes the bytes that the handler answers with.

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <functional>
#include <memory>
#include <vector>

#include "standin/exchange.hpp"

namespace townd::standin {

class http_session;

inline constexpr std::size_t connections_max = 4'096;
inline constexpr std::size_t request_header_bytes_max = std::size_t{48} * 1024;
inline constexpr std::size_t request_body_bytes_max = std::size_t{4} * 1024 * 1024;

/// Everything happens on the thread that runs the io_context; `close_all` may come from any.
class http_sessions : public std::enable_shared_from_this<http_sessions> {
public:
    using handler = std::function<reply(const request&)>;
    http_sessions(boost::asio::io_context& io, handler answer);

    /// Over `connections_max` the connection is closed at once.
    void serve(boost::asio::ip::tcp::socket peer);
    /// Ends all connections in the io_context's next turn.
    void close_all();

private:
    boost::asio::io_context& io_;
    const handler answer_;
    std::vector<std::weak_ptr<http_session>> open_;
};

}  // namespace townd::standin
