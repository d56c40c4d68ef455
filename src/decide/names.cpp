#include "townd/decide/names.hpp"

#include <algorithm>
#include <array>
#include <cctype>

namespace townd {
namespace {

constexpr std::array<std::string_view, 20> polecat_names{
    "Toast", "Maple", "Birch", "Shadow", "Clover", "Ember", "Sage",  "Dusk", "Flint", "Coral",
    "Slate", "Reed",  "Thorn", "Pike",   "Moss",   "Wren",  "Blaze", "Gale", "Drift", "Lark"};

std::string name_at(agent_role role, std::size_t at) {
    if (role == agent_role::polecat && at < polecat_names.size())
        return std::string{polecat_names[at]};
    std::string base = role == agent_role::polecat    ? "Polecat"
                       : role == agent_role::refinery ? "Refinery"
                                                      : "Mayor";
    if (role != agent_role::polecat && at == 0) return base;
    return base + "-" + std::to_string(at + 1);
}

}  // namespace

std::string free_name(const std::vector<agent>& agents, agent_role role,
                      const std::set<std::string>& taken) {
    for (std::size_t at = 0;; ++at) {
        std::string name = name_at(role, at);
        const bool used =
            taken.contains(name) || std::any_of(agents.begin(), agents.end(),
                                                [&](const agent& a) { return a.name == name; });
        if (!used) return name;
    }
}

std::string identity_of(std::string_view name, agent_role role, const std::optional<rig_id>& rig,
                        std::string_view town) {
    std::string out{name};
    out += '-';
    out += to_text(role);
    out += '-';
    out += rig ? rig->substr(0, 8) : std::string{"town"};
    out += '@';
    out += town.substr(0, 8);
    std::transform(out.begin(), out.end(), out.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return out;
}

}  // namespace townd
