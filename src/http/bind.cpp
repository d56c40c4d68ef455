#include "http/bind.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>

namespace townd::http {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

constexpr std::string_view unix_prefix = "unix:";

// Words of a failure: `cannot listen on A (key): reason; remedy`.
struct place {
    std::string listen;
    std::string key;

    [[nodiscard]] std::string setting() const { return key.empty() ? "the listen address" : key; }
    [[nodiscard]] failure fail(errc kind, std::string_view why, std::string_view remedy) const {
        std::string text = "cannot listen on " + clean_text(listen, 200);
        if (!key.empty()) text += " (" + key + ")";
        return {kind, text.append(": ").append(why).append("; ").append(remedy)};
    }
    [[nodiscard]] failure fail(const error_code& error) const {
        if (error == asio::error::address_in_use)
            return fail(errc::conflict, error.message(),
                        "stop the other process or set " + setting() + " to another port");
        if (error == asio::error::access_denied)
            return fail(
                errc::unavailable, error.message(),
                "set " + setting() + " to a port above 1023 or to a place that may be written");
        return fail(errc::unavailable, error.message(),
                    "set " + setting() + " to an address of this machine, as 127.0.0.1 or 0.0.0.0");
    }
};

bool is_same_file(const socket_file& file, const struct stat& now) {
    return now.st_dev == file.device && now.st_ino == file.inode;
}

bool somebody_listens(asio::io_context& io, const asio::local::stream_protocol::endpoint& at) {
    asio::local::stream_protocol::socket probe(io);
    error_code error;
    probe.connect(at, error);
    return error != asio::error::connection_refused &&
           error != error_code{ENOENT, boost::system::system_category()};
}

// Makes way for our socket file, or says who is in the way.
std::optional<failure> clear_path(asio::io_context& io, const std::string& path,
                                  const place& where) {
    struct stat found {};
    if (::lstat(path.c_str(), &found) != 0) return std::nullopt;
    if (!S_ISSOCK(found.st_mode))
        return where.fail(errc::conflict, "the file is there and is not a socket",
                          "remove it or set " + where.setting() + " to another path");
    if (somebody_listens(io, asio::local::stream_protocol::endpoint{path}))
        return where.fail(errc::conflict, "another process listens there",
                          "stop the other process or set " + where.setting() + " to another path");
    if (::unlink(path.c_str()) != 0)
        return where.fail(errc::unavailable,
                          "a stale socket file cannot be removed: " +
                              error_code{errno, boost::system::system_category()}.message(),
                          "remove it or set " + where.setting() + " to another path");
    return std::nullopt;
}

result<bound> bind_unix(asio::io_context& io, const std::string& path, const place& where) {
    // One byte of sun_path is the terminating NUL; a leading one would be an abstract socket.
    if (path.empty() || path.front() != '/' || path.size() > 107 ||
        path.find('\0') != std::string::npos)
        return where.fail(errc::invalid, "the path must be absolute and hold at most 107 bytes",
                          "set " + where.setting() + " to another path");
    if (auto in_the_way = clear_path(io, path, where)) return std::move(*in_the_way);

    const asio::local::stream_protocol::endpoint endpoint{path};
    bound out{stream_acceptor{io}, where.listen, 0, {}};
    const auto path_failure = [&](const error_code& error) {
        return where.fail(errc::unavailable, error.message(),
                          "make the directory, with rights for townd to write, or set " +
                              where.setting() + " to another path");
    };
    error_code error;
    out.acceptor.open(protocol{endpoint.protocol()}, error);
    if (error) return path_failure(error);
    // On Linux the file is made with the rights of the socket, less the umask: never wider than
    // wanted, not for a moment. chmod then gives back what the umask took.
    if (::fchmod(out.acceptor.native_handle(), 0660) != 0)
        return path_failure({errno, boost::system::system_category()});
    out.acceptor.bind(endpoint, error);
    if (error) return path_failure(error);
    struct stat made {};
    if (::chmod(path.c_str(), 0660) == 0 && ::lstat(path.c_str(), &made) == 0)
        out.file = {path, made.st_dev, made.st_ino};
    else
        return path_failure({errno, boost::system::system_category()});
    out.acceptor.listen(asio::socket_base::max_listen_connections, error);
    if (!error) return out;
    out.file.remove();
    return path_failure(error);
}

result<bound> bind_tcp(asio::io_context& io, const place& where) {
    const auto parsed = parse_listen(where.listen);
    if (!parsed)
        return where.key.empty() ? parsed.error()
                                 : failure{errc::invalid, where.key + ": " + parsed.error().what};
    error_code error;
    const auto host = parsed->host == "localhost" ? std::string{"127.0.0.1"} : parsed->host;
    const auto address = asio::ip::make_address(host, error);
    if (error)
        return where.fail(errc::invalid, "the host is not a numeric address",
                          "set " + where.setting() + " to one, as 127.0.0.1 or 0.0.0.0");

    const asio::ip::tcp::endpoint wanted{address, parsed->port};
    bound out{stream_acceptor{io}, {}, 0, {}};
    out.acceptor.open(protocol{wanted.protocol()}, error);
    if (!error) out.acceptor.set_option(asio::socket_base::reuse_address(true), error);
    if (!error) out.acceptor.bind(wanted, error);
    if (!error) out.acceptor.listen(asio::socket_base::max_listen_connections, error);
    if (error) return where.fail(error);
    const auto local = out.acceptor.local_endpoint(error);
    if (error) return where.fail(error);
    asio::ip::tcp::endpoint real;
    real.resize(local.size());
    std::memcpy(real.data(), local.data(), local.size());
    out.port = real.port();
    const auto text = real.address().to_string();
    out.address =
        (real.address().is_v6() ? "[" + text + "]" : text) + ":" + std::to_string(out.port);
    return out;
}

}  // namespace

void socket_file::remove() noexcept {
    struct stat now {};
    if (!path.empty() && ::lstat(path.c_str(), &now) == 0 && is_same_file(*this, now))
        ::unlink(path.c_str());
    path.clear();
}

result<bound> bind_to(asio::io_context& io, const std::string& listen,
                      const std::string& config_key) {
    const place where{listen, config_key};
    try {
        if (listen.starts_with(unix_prefix))
            return bind_unix(io, listen.substr(unix_prefix.size()), where);
        return bind_tcp(io, where);
    } catch (const std::exception& e) {
        return where.fail(errc::unavailable, e.what(), "change " + where.setting());
    }
}

}  // namespace townd::http
