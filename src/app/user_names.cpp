#include "app/user_names.hpp"

#include <pwd.h>

#include <array>

namespace townd::app {

std::string user_names::name_of(std::uint32_t uid) {
    const std::scoped_lock lock(mutex_);
    if (const auto found = known_.find(uid); found != known_.end()) return found->second;
    if (known_.size() >= known_max) known_.clear();
    std::array<char, 4096> space{};
    passwd entry{};
    passwd* found = nullptr;
    const bool known =
        ::getpwuid_r(uid, &entry, space.data(), space.size(), &found) == 0 && found != nullptr;
    return known_[uid] = known && found->pw_name != nullptr ? found->pw_name : "";
}

}  // namespace townd::app
