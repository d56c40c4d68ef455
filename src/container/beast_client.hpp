#pragma once
// The container port over Boost.Beast: one fresh connection per call, TLS for https URLs.

#include <memory>
#include <string>

#include "townd/port/container.hpp"
#include "townd/words/result.hpp"

namespace boost::asio {
class io_context;
}

namespace townd::container {

struct client_options {
    std::string ca_file;  ///< Extra CA bundle (PEM); empty: the system's.
    std::size_t header_bytes_max = 8 * 1024;
    std::size_t body_bytes_max = 1024 * 1024;
};

/// Runs on `io`'s threads (one thread runs `io`). Certificate and host name are verified, TLS
/// >= 1.2. The flat_buffer is capped at 16 KiB: an uncapped one lets a peer with a huge chunk
/// trailer throw out of io_context::run() and end the daemon (Beast before 1.87).
[[nodiscard]] std::unique_ptr<container_port> make_beast_client(boost::asio::io_context& io,
                                                                client_options options);

/// A container URL taken apart and checked: scheme http or https, no user info, no fragment, no
/// query, host not empty, port 1..65535, host not link-local (169.254/16), 0/8 or multicast.
struct container_url {
    bool tls = false;
    std::string host;
    std::uint16_t port = 80;
    std::string path;  ///< Prefix without trailing slash, often empty.
    [[nodiscard]] std::string host_port() const;
};
[[nodiscard]] result<container_url> parse_container_url(std::string_view text);

}  // namespace townd::container
