#include "app/config_environment.hpp"

#include <netdb.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>

#include "config/text_checks.hpp"
#include "sys/file.hpp"

namespace townd::app {
namespace {

namespace fs = std::filesystem;

constexpr mode_t secret_mode_max = 0640;

using addresses = std::unique_ptr<addrinfo, void (*)(addrinfo*)>;

// Null with `why` filled in.
addresses resolve(const std::string& host, const std::string& port, int flags, std::string& why) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = flags;
    addrinfo* found = nullptr;
    const int error = ::getaddrinfo(host.c_str(), port.c_str(), &hints, &found);
    if (error != 0) why = ::gai_strerror(error);
    return {error == 0 ? found : nullptr, [](addrinfo* each) {
                if (each != nullptr) ::freeaddrinfo(each);
            }};
}

class machine_check {
public:
    explicit machine_check(config::loaded& of) : of_(of) {}

    void run() {
        const auto& values = of_.values;
        check_data_dir(values.data_dir);
        check_listen("api.listen", values.api.listen);
        check_listen("debug.listen", values.debug.listen);
        check_socket("api.socket", values.api.socket);
        check_socket("ctl.socket", values.ctl.socket);
        check_secret("api.token_file", values.api.token_file, 16);
        check_secret("api.jwt_secret_file", values.api.jwt_secret_file, 1);
        check_secret("debug.token_file", values.debug.token_file, 32);
        check_secret("debug.read_token_file", values.debug.read_token_file, 32);
        check_readable("containers.ca_file", values.containers.ca_file);
        if (values.containers.url.find("{town}") == std::string::npos)
            check_host("containers.url", values.containers.url);
        if (values.api.public_url) check_host("api.public_url", *values.api.public_url);
    }

private:
    void add(std::string_view key, std::string what, bool warning = false) {
        const auto at = of_.places.find(key);
        config::problem out;
        out.file = "default";
        if (at != of_.places.end()) {
            out.file = at->second.file;
            out.line = at->second.line;
            out.column = at->second.column;
        }
        out.key = key;
        out.what = std::move(what);
        out.warning = warning;
        (warning ? of_.warnings : of_.problems).push_back(std::move(out));
    }

    // The directory is made when its parent lets us.
    void check_data_dir(const fs::path& dir) {
        std::error_code ignored;
        const bool exists = fs::exists(dir, ignored);
        if (exists && !fs::is_directory(dir, ignored))
            return add("data_dir", dir.native() + " is not a directory (name another)");
        fs::path nearest = fs::absolute(dir, ignored);
        while (!fs::exists(nearest, ignored) && nearest.has_relative_path())
            nearest = nearest.parent_path();
        if (::access(nearest.c_str(), W_OK | X_OK) != 0)
            add("data_dir", nearest.native() + " cannot be written: " + std::strerror(errno) +
                                " (change its owner or mode, or name another)");
    }

    void check_listen(std::string_view key, const std::string& text) {
        const auto address = config::parse_listen(text);
        if (!address) return;
        std::string why;
        const auto found = resolve(address->host, std::to_string(address->port), AI_PASSIVE, why);
        if (!found) return add(key, text + " does not resolve: " + why + " (write an address)");
        const int fd = ::socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
        const int on = 1;
        ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
        const bool bound =
            fd >= 0 && ::bind(fd, found->ai_addr, found->ai_addrlen) == 0 && ::listen(fd, 1) == 0;
        const int error = errno;
        if (fd >= 0) ::close(fd);
        if (!bound)
            add(key, text + " cannot be listened on: " + std::strerror(error) +
                         (error == EADDRINUSE
                              ? " (end who holds it, or write another port; a running townd is one)"
                              : " (write an address of this machine)"));
    }

    void check_socket(std::string_view key, const std::optional<fs::path>& path) {
        if (!path) return;
        std::error_code ignored;
        if (path->native().size() >= sizeof(sockaddr_un{}.sun_path))
            return add(key, "is longer than a socket's name may be (write a shorter path)");
        const fs::path parent = fs::absolute(*path, ignored).parent_path();
        if (!fs::is_directory(parent, ignored))
            add(key, parent.native() + " does not exist (make it, or write another path)");
    }

    // Says false when it cannot be read.
    bool check_readable(std::string_view key, const std::optional<fs::path>& path) {
        if (!path) return true;
        const auto text = sys::read_text_file(*path, 16 * 1024 * 1024);
        if (!text) add(key, text.error().what);
        return text.has_value();
    }

    void check_secret(std::string_view key, const std::optional<fs::path>& path,
                      std::size_t bytes_min) {
        if (!path) return;
        const auto secret = sys::read_secret(*path);
        if (!secret) return add(key, secret.error().what);
        if (secret->size() < bytes_min)
            add(key, "the secret in it is shorter than " + std::to_string(bytes_min) +
                         " bytes (`openssl rand -hex 32` makes a good one)");
        struct stat status {};
        const fs::path file = sys::secret_path(*path);
        if (::stat(file.c_str(), &status) != 0) return;
        const mode_t mode = status.st_mode & 07777;
        if ((mode & ~secret_mode_max & 0777) == 0) return;
        char text[8];
        std::snprintf(text, sizeof text, "%04o", static_cast<unsigned>(mode));
        add(key,
            file.native() + " has mode " + text +
                ": others can read or change it (chmod 0640 or less)",
            true);
    }

    void check_host(std::string_view key, const std::string& url) {
        const auto from = url.find("://") + 3;
        std::string authority = url.substr(from, url.find('/', from) - from);
        const auto colon = authority.rfind(':');
        const bool port =
            colon != std::string::npos && authority.find(']', colon) == authority.npos;
        if (!port) authority += ":80";
        const auto address = config::parse_listen(authority);
        std::string why;
        if (address && !resolve(address->host, "80", 0, why))
            add(key,
                "the host " + address->host + " does not resolve: " + why +
                    " (check the name; the daemon starts all the same)",
                true);
    }

    config::loaded& of_;
};

}  // namespace

void check_environment(config::loaded& of) {
    machine_check{of}.run();
}

}  // namespace townd::app
