#pragma once
// Names of the users of this machine, for the audit log.

#include <cstdint>
#include <map>
#include <mutex>
#include <string>

namespace townd::app {

/// Any thread. The first look-up of a user may ask the network (NSS) and is remembered.
class user_names {
public:
    /// Empty when the user has no name here.
    [[nodiscard]] std::string name_of(std::uint32_t uid);

private:
    static constexpr std::size_t known_max = 256;
    std::mutex mutex_;
    std::map<std::uint32_t, std::string> known_;
};

}  // namespace townd::app
