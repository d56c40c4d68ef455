#include "store/new_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <system_error>

namespace townd::store {
namespace {

namespace fs = std::filesystem;

result<void> make_durable(const fs::path& path, int flags) {
    const int fd = ::open(path.c_str(), flags | O_CLOEXEC);
    const int rc = fd < 0 ? -1 : ::fsync(fd);
    const int why = errno;
    if (fd >= 0) ::close(fd);
    if (rc != 0) return of_disk(path, "making it durable", why);
    return boost::system::in_place_value;
}

}  // namespace

failure of_disk(const fs::path& path, std::string_view doing, int errno_value) {
    return {errc::storage, path.string() + ": " + std::string{doing} +
                               " failed: " + std::generic_category().message(errno_value) +
                               "; check the disk and the rights"};
}

bool is_there(const fs::path& path) {
    std::error_code ignored;
    return fs::symlink_status(path, ignored).type() != fs::file_type::not_found;
}

void unfinished::clear() const {
    std::error_code ignored;
    for (const char* suffix : {"", "-wal", "-shm", "-journal"})
        fs::remove(path_.string() + suffix, ignored);
}

result<void> unfinished::make() const {
    clear();
    const int fd = ::open(path_.c_str(), O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600);
    if (fd < 0) return of_disk(path_, "creating the file", errno);
    ::close(fd);
    return boost::system::in_place_value;
}

result<void> give_name(const fs::path& from, const fs::path& to) {
    if (auto synced = make_durable(from, O_RDONLY); !synced) return synced;
    if (::link(from.c_str(), to.c_str()) != 0) {
        if (errno == EEXIST) return failure{errc::conflict, to.string() + ": it exists already"};
        return of_disk(to, "naming the new file", errno);
    }
    const auto parent = to.has_parent_path() ? to.parent_path() : fs::path{"."};
    return make_durable(parent, O_RDONLY | O_DIRECTORY);
}

}  // namespace townd::store
