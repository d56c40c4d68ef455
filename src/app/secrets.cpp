#include "app/secrets.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "sys/file.hpp"
#include "sys/ids.hpp"

namespace townd::app {
namespace {

constexpr std::size_t token_bytes_min = 16;
constexpr std::size_t debug_token_bytes_min = 32;

result<std::string> own_secret(const std::filesystem::path& file) {
    if (std::filesystem::exists(file)) return sys::read_secret(std::filesystem::absolute(file));
    const std::string secret = sys::random_hex(32);
    const int fd = ::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return failure{errc::storage,
                       file.string() + " cannot be written: " + std::strerror(errno)};
    const bool written =
        ::write(fd, secret.data(), secret.size()) == static_cast<ssize_t>(secret.size()) &&
        ::fsync(fd) == 0;
    ::close(fd);
    if (!written) {
        ::unlink(file.c_str());
        return failure{errc::storage, file.string() + " could not be written whole"};
    }
    return secret;
}

result<std::optional<std::string>> debug_token(const std::string& key,
                                               const std::optional<std::filesystem::path>& file) {
    if (!file) return std::optional<std::string>{};
    auto token = sys::read_secret(*file);
    if (!token) return failure{errc::invalid, key + ": " + token.error().what};
    if (token->size() < debug_token_bytes_min)
        return failure{errc::invalid, key + ": the token is shorter than " +
                                          std::to_string(debug_token_bytes_min) +
                                          " bytes: `openssl rand -hex 32` makes a good one"};
    return std::optional{*std::move(token)};
}

}  // namespace

result<secrets> read_secrets(const config::settings& settings,
                             const std::filesystem::path& data_dir) {
    secrets out;
    if (settings.api.token_file) {
        auto token = sys::read_secret(*settings.api.token_file);
        if (!token) return failure{errc::invalid, "api.token_file: " + token.error().what};
        if (token->size() < token_bytes_min)
            return failure{errc::invalid, "api.token_file: the token is shorter than " +
                                              std::to_string(token_bytes_min) + " bytes"};
        out.api_token = std::move(*token);
    }
    const auto& pages = settings.debug;
    auto write_token = debug_token("debug.token_file", pages.token_file);
    if (!write_token) return write_token.error();
    auto read_token = debug_token("debug.read_token_file", pages.read_token_file);
    if (!read_token) return read_token.error();
    if (*write_token && *write_token == *read_token)
        return failure{errc::invalid,
                       "debug.read_token_file: holds the token of debug.token_file, so that "
                       "readers could write: `openssl rand -hex 32` makes another one"};
    if (pages.token_file) out.debug_token_name = pages.token_file->filename().string();
    out.debug_token = *std::move(write_token);
    out.debug_read_token = *std::move(read_token);
    if (settings.api.jwt_secret_file) {
        auto secret = sys::read_secret(*settings.api.jwt_secret_file);
        if (!secret) return failure{errc::invalid, "api.jwt_secret_file: " + secret.error().what};
        out.jwt_secret = std::move(*secret);
    } else {
        auto secret = own_secret(data_dir / "jwt.secret");
        if (!secret) return secret.error();
        out.jwt_secret = std::move(*secret);
    }
    out.accept_all = !settings.api.token_file && !settings.api.jwt_secret_file;
    return out;
}

}  // namespace townd::app
