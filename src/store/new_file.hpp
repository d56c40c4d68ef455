#pragma once
// A file that appears under its name whole and durable, or not at all.

#include <filesystem>
#include <string_view>

#include "townd/words/result.hpp"

namespace townd::store {

/// Trouble of the disk, with path, what was being done, and why it failed.
[[nodiscard]] failure of_disk(const std::filesystem::path& path, std::string_view doing,
                              int errno_value);

/// A file, a dangling link, anything.
[[nodiscard]] bool is_there(const std::filesystem::path& path);

/// A database file that is gone again, with its logs, at the end of this object.
class unfinished {
public:
    explicit unfinished(std::filesystem::path path) : path_(std::move(path)) {}
    ~unfinished() { clear(); }
    unfinished(const unfinished&) = delete;
    unfinished& operator=(const unfinished&) = delete;
    [[nodiscard]] const std::filesystem::path& path() const { return path_; }
    void clear() const;
    /// 0600, empty; what an earlier attempt left is taken away.
    [[nodiscard]] result<void> make() const;

private:
    std::filesystem::path path_;
};

/// Makes `from` durable and gives it the name `to` on the same file system; `conflict` when there
/// is such a file.
[[nodiscard]] result<void> give_name(const std::filesystem::path& from,
                                     const std::filesystem::path& to);

}  // namespace townd::store
