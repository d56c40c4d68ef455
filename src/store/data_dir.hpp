#pragma once
// The daemon's directory: one owner at a time, and the town files in it.

#include <filesystem>
#include <string>
#include <vector>

#include "townd/words/result.hpp"
#include "townd/words/town.hpp"

namespace townd::store {

/// Holds the lock of a data directory for as long as it lives. A second daemon on the same
/// directory is refused (incident row G11): an open-file-description lock, so that it ends with the
/// process however that ends.
class data_dir {
public:
    /// Creates the directory (0700) and `towns/` when missing. `locked` names the other process;
    /// `storage` says which path cannot be used and why.
    [[nodiscard]] static result<data_dir> take(const std::filesystem::path& dir);
    data_dir(data_dir&& other) noexcept;
    data_dir& operator=(data_dir&& other) noexcept;
    ~data_dir();

    [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }
    /// `<dir>/towns/<town>.db`.
    [[nodiscard]] std::filesystem::path town_file(const town_id& town) const;
    /// Town files by name. A name that is no town id (`[A-Za-z0-9_-]{1,64}`) is in `refused`.
    struct listing {
        std::vector<town_id> towns;
        std::vector<std::string> refused;
    };
    [[nodiscard]] result<listing> towns() const;
    /// Removes the town's file with its -wal and -shm, by renaming it into `<dir>/deleted/`.
    [[nodiscard]] result<void> remove_town(const town_id& town) const;

private:
    data_dir(std::filesystem::path path, int fd) noexcept;
    std::filesystem::path path_;
    int lock_fd_ = -1;
};

/// Whether a text may name a town: `[A-Za-z0-9_-]{1,64}`. Nothing else reaches the file system.
[[nodiscard]] bool is_town_id(std::string_view text) noexcept;

}  // namespace townd::store
