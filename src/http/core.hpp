#pragma once
// What a server, its listener, its sessions and the responders of its requests share.

#include <atomic>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <mutex>
#include <unordered_set>
#include <utility>

#include "http/request_check.hpp"
#include "http/server.hpp"

namespace townd::http {

/// One type for TCP and unix sockets.
using protocol = boost::asio::generic::stream_protocol;
using executor = boost::asio::io_context::executor_type;
using stream_socket = boost::asio::basic_stream_socket<protocol, executor>;

class session;

struct server_core {
    server_core(boost::asio::io_context& context, server_options given, const router& table)
        : options(std::move(given)), routes(table), io_(&context) {}

    /// Runs `work` on the io thread, or never once the server is gone. Any thread: a responder may
    /// be called when the io_context no longer exists.
    template <class Work>
    void post(Work&& work) {
        const std::lock_guard lock(gate_);
        if (io_ != nullptr) boost::asio::post(*io_, std::forward<Work>(work));
    }
    void detach() {
        const std::lock_guard lock(gate_);
        io_ = nullptr;
    }

    const server_options options;
    const router& routes;  // Not touched once `stopping`.
    host_list hosts;       // Set before the start.
    bool from_socket = false;
    std::atomic<bool> stopping{false};
    std::atomic<int> connections{0};
    std::atomic<int> streams{0};
    std::unordered_set<session*> sessions;  // io thread; a session is in it while it lives.

private:
    std::mutex gate_;
    boost::asio::io_context* io_;
};

}  // namespace townd::http
