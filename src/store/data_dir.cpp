#include "store/data_dir.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

namespace townd::store {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t town_id_bytes_max = 64;

failure storage_failure(const fs::path& path, std::string_view doing, int errno_value) {
    return {errc::storage, "data directory: " + std::string{doing} + " " + path.string() +
                               " failed: " + std::generic_category().message(errno_value) +
                               "; check that it exists and that townd may write there"};
}

std::optional<failure> make_directory(const fs::path& dir) {
    std::error_code ec;
    if (dir.has_parent_path()) fs::create_directories(dir.parent_path(), ec);
    if (::mkdir(dir.c_str(), 0700) != 0 && errno != EEXIST)
        return storage_failure(dir, "creating", errno);
    if (!fs::is_directory(dir, ec)) return storage_failure(dir, "using", ENOTDIR);
    return std::nullopt;
}

struct flock whole_file() {
    struct flock lock {};
    lock.l_type = F_WRLCK;
    lock.l_whence = SEEK_SET;
    return lock;
}

// Who holds it is only told by the text in the lock file: OFD locks have no owner.
std::string holder(int fd) {
    std::string text(32, '\0');
    const auto got = ::pread(fd, text.data(), text.size(), 0);
    text.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    text.erase(std::find_if(text.begin(), text.end(), [](char c) { return c < '0' || c > '9'; }),
               text.end());
    return text.empty() ? "another process" : "process " + text;
}

void note_holder(int fd) {
    const std::string text = std::to_string(::getpid()) + "\n";
    if (::ftruncate(fd, 0) != 0 ||
        ::pwrite(fd, text.data(), text.size(), 0) != static_cast<ssize_t>(text.size())) {
        return;  // The lock holds without it; only the other one's message is poorer.
    }
}

}  // namespace

bool is_town_id(std::string_view text) noexcept {
    const auto allowed = [](char c) {
        return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
               c == '_' || c == '-';
    };
    return !text.empty() && text.size() <= town_id_bytes_max &&
           std::all_of(text.begin(), text.end(), allowed);
}

result<data_dir> data_dir::take(const fs::path& dir) {
    if (dir.empty())
        return failure{errc::invalid, "data directory: the path is empty; set data_dir"};
    for (const auto& each : {dir, dir / "towns"})
        if (auto wrong = make_directory(each)) return *std::move(wrong);
    const auto lock_file = dir / "lock";
    const int fd = ::open(lock_file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) return storage_failure(lock_file, "opening", errno);
    auto lock = whole_file();
    if (::fcntl(fd, F_OFD_SETLK, &lock) != 0) {
        const int why = errno;
        const std::string other = holder(fd);
        ::close(fd);
        if (why != EAGAIN && why != EACCES) return storage_failure(lock_file, "locking", why);
        return failure{errc::locked, "data directory " + dir.string() + " is in use by " + other +
                                         "; stop it, or give this townd a data_dir of its own"};
    }
    note_holder(fd);
    return data_dir{dir, fd};
}

data_dir::data_dir(fs::path path, int fd) noexcept : path_(std::move(path)), lock_fd_(fd) {}

data_dir::data_dir(data_dir&& other) noexcept
    : path_(std::move(other.path_)), lock_fd_(std::exchange(other.lock_fd_, -1)) {}

data_dir& data_dir::operator=(data_dir&& other) noexcept {
    std::swap(path_, other.path_);
    std::swap(lock_fd_, other.lock_fd_);
    return *this;
}

data_dir::~data_dir() {
    if (lock_fd_ >= 0) ::close(lock_fd_);
}

fs::path data_dir::town_file(const town_id& town) const {
    return path_ / "towns" / (town + ".db");
}

result<data_dir::listing> data_dir::towns() const {
    listing out;
    std::error_code ec;
    const auto dir = path_ / "towns";
    for (fs::directory_iterator at(dir, ec), end; !ec && at != end; at.increment(ec)) {
        const auto& file = at->path();
        if (file.extension() != ".db") continue;
        const auto stem = file.stem().string();
        if (is_town_id(stem))
            out.towns.push_back(stem);
        else
            out.refused.push_back(clean_text(file.filename().string(), 200));
    }
    if (ec) return storage_failure(dir, "listing", ec.value());
    std::sort(out.towns.begin(), out.towns.end());
    std::sort(out.refused.begin(), out.refused.end());
    return out;
}

result<void> data_dir::remove_town(const town_id& town) const {
    if (!is_town_id(town))
        return failure{errc::invalid, "a town id is 1 to 64 of A-Z a-z 0-9 _ -; this one is not: " +
                                          clean_text(town, 80)};
    const auto away = path_ / "deleted";
    if (auto wrong = make_directory(away)) return *std::move(wrong);
    const auto from = town_file(town);
    std::error_code ec;
    if (!fs::exists(from, ec))
        return failure{errc::not_found, "town " + town + ": there is no file of it"};
    // A town may be made and deleted under one name again and again: each keeps its own.
    std::string name = town + ".db";
    for (int number = 1; fs::exists(away / name, ec); ++number)
        name = town + "." + std::to_string(number) + ".db";
    // The log goes first: a database without its log is older, a log without its database is lost.
    for (const char* suffix : {"-wal", "-shm", ""}) {
        const fs::path source = from.string() + suffix;
        if (*suffix != '\0' && !fs::exists(source, ec)) continue;
        fs::rename(source, away / (name + suffix), ec);
        if (ec) return storage_failure(source, "setting aside", ec.value());
    }
    return boost::system::in_place_value;
}

}  // namespace townd::store
