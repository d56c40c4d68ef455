#pragma once
// Host names to addresses without letting one dead name server hold up the rest.

#include <boost/asio/ip/address.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace boost::asio {
class io_context;
}

namespace townd::container {

struct lookup_result {
    std::vector<boost::asio::ip::address> addresses;  ///< At most 16; empty only with `problem`.
    std::string problem;                              ///< The resolver's words.
    std::optional<int> sys_errno;                     ///< When the resolver blames the system.
};

/// Asio resolves on one thread an io_context, and its cancel waits for getaddrinfo: one name that
/// hangs would hang the lookups of every town. Here a name is looked up once for all who wait for
/// it, on a thread of its own, at most `threads_max` at a time.
class name_lookup {
public:
    static constexpr std::size_t threads_max = 16;
    static constexpr std::size_t waiting_names_max = 4096;

    explicit name_lookup(boost::asio::io_context& io);
    /// Returns at once; lookups that still run end by themselves and are thrown away.
    ~name_lookup();
    name_lookup(const name_lookup&) = delete;
    name_lookup& operator=(const name_lookup&) = delete;

    /// Any thread. `done` is called on `io`'s thread, never from within this call; it must not
    /// throw.
    void find(const std::string& host, std::function<void(const lookup_result&)> done);

private:
    struct shared;
    std::shared_ptr<shared> shared_;
};

}  // namespace townd::container
