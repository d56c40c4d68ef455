#include "sys/file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <system_error>
#include <utility>

namespace townd::sys {
namespace {

// Closes the descriptor when it goes.
class open_file {
public:
    explicit open_file(const std::filesystem::path& path) noexcept
        // A FIFO without a writer must not hang the start: hence O_NONBLOCK.
        : fd_{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)} {}
    ~open_file() {
        if (fd_ >= 0) ::close(fd_);
    }
    open_file(const open_file&) = delete;
    open_file& operator=(const open_file&) = delete;
    [[nodiscard]] int fd() const noexcept { return fd_; }

private:
    int fd_;
};

failure file_failure(const std::filesystem::path& path, int error) {
    const errc kind = error == ENOENT || error == ENOTDIR ? errc::not_found
                      : error == EACCES || error == EPERM ? errc::forbidden
                                                          : errc::invalid;
    const char* const remedy = kind == errc::not_found   ? " (check the name)"
                               : kind == errc::forbidden ? " (check its owner and mode)"
                                                         : " (check the file)";
    return {kind, "cannot read " + path.native() + ": " + std::generic_category().message(error) +
                      remedy};
}

}  // namespace

result<std::string> read_text_file(const std::filesystem::path& path, std::size_t max) {
    const open_file file{path};
    if (file.fd() < 0) return file_failure(path, errno);
    struct stat status {};
    if (::fstat(file.fd(), &status) != 0) return file_failure(path, errno);
    if (S_ISDIR(status.st_mode)) return file_failure(path, EISDIR);
    if (!S_ISREG(status.st_mode))
        return failure{errc::invalid, "cannot read " + path.native() + ": it is not a plain file"};
    std::string text;
    std::array<char, 16384> part{};
    while (true) {
        const ssize_t got = ::read(file.fd(), part.data(), part.size());
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return file_failure(path, errno);
        if (got == 0) return text;
        text.append(part.data(), static_cast<std::size_t>(got));
        if (text.size() > max)
            return failure{errc::too_large, path.native() + " is larger than " +
                                                std::to_string(max) +
                                                " bytes (is this the right file?)"};
    }
}

std::filesystem::path secret_path(const std::filesystem::path& path) {
    const char* const directory = std::getenv("CREDENTIALS_DIRECTORY");
    if (path.is_absolute() || directory == nullptr || *directory == '\0') return path;
    std::error_code ignored;
    std::filesystem::path credential = std::filesystem::path{directory} / path;
    return std::filesystem::exists(credential, ignored) ? credential : path;
}

result<std::string> read_secret(const std::filesystem::path& path) {
    const std::filesystem::path file = secret_path(path);
    auto text = read_text_file(file, secret_bytes_max);
    if (!text) return text;
    while (!text->empty() && (text->back() == '\n' || text->back() == '\r'))
        text->pop_back();
    if (text->empty())
        return failure{errc::invalid, file.native() + " is empty (put the secret into it)"};
    return text;
}

}  // namespace townd::sys
