#pragma once
// Names on the command line that mean two things at once.

#include <string>

namespace townd::ctl {

inline constexpr const char* town_help = "id, a unique start of it, or exact name";

/// `TOWN/REST` given as one word, with `rest` left out, becomes two.
inline void split_at_slash(std::string& town, std::string& rest) {
    const auto slash = town.find('/');
    if (!rest.empty() || slash == std::string::npos) return;
    rest = town.substr(slash + 1);
    town.resize(slash);
}

}  // namespace townd::ctl
