#pragma once
// From a listen text to a listening descriptor.

#include <sys/types.h>

#include <boost/asio/basic_socket_acceptor.hpp>
#include <string>

#include "http/core.hpp"

namespace townd::http {

using stream_acceptor = boost::asio::basic_socket_acceptor<protocol, executor>;

/// The file of a unix socket, removed again only while it is still the one that we made.
struct socket_file {
    std::string path;  ///< Empty: none.
    dev_t device = 0;
    ino_t inode = 0;
    void remove() noexcept;
};

struct bound {
    stream_acceptor acceptor;
    std::string address;     ///< With the port that was really bound.
    std::uint16_t port = 0;  ///< 0 for a unix socket.
    socket_file file;
};

/// A stale socket file, on which nobody listens, is replaced. The new one has mode 0660 from the
/// start. The failure names the address, the key, the reason and the remedy.
[[nodiscard]] result<bound> bind_to(boost::asio::io_context& io, const std::string& listen,
                                    const std::string& config_key);

}  // namespace townd::http
