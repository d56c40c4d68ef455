#include "sim/texts.hpp"

#include <array>
#include <cstdio>

namespace townd::sim {
namespace {

constexpr std::array<std::string_view, 24> greek{
    "alpha", "beta",  "gamma",  "delta",   "epsilon", "zeta", "eta",     "theta",
    "iota",  "kappa", "lambda", "mu",      "nu",      "xi",   "omicron", "pi",
    "rho",   "sigma", "tau",    "upsilon", "phi",     "chi",  "psi",     "omega"};

void put(std::string& into, std::string_view key, const std::string& value) {
    const auto at = into.find(key);
    if (at != std::string::npos) into.replace(at, key.size(), value);
}

}  // namespace

std::string host_name(std::uint64_t number) {
    std::string out = "db-";
    out += greek[number % greek.size()];
    for (number /= greek.size(); number > 0; number /= greek.size())
        out += "-" + std::string{greek[number % greek.size()]};
    return out + ".internal";
}

std::string differs(const fault_level& level, const start_seen& what, std::uint64_t luck) {
    switch (level.window->texts) {
        case text_kind::same:
            return {};
        case text_kind::hosts:
            return host_name(what.town %
                             static_cast<std::uint64_t>(std::max(level.window->text_count, 1)));
        case text_kind::town:
            return host_name(what.town);
        case text_kind::agent:
            return what.name.empty() ? what.agent : what.name;
        case text_kind::random: {
            std::array<char, 64> out{};
            std::snprintf(out.data(), out.size(), "request %016llx after %llu ms",
                          static_cast<unsigned long long>(luck),
                          static_cast<unsigned long long>(luck % 60'000));
            return out.data();
        }
    }
    return {};
}

std::string words_of(const fault_level& level, const start_seen& what, std::uint64_t luck,
                     instant began, std::string_view usual) {
    const auto& w = *level.window;
    std::string out{w.says.empty() ? usual : std::string_view{w.says}};
    const std::string who = differs(level, what, luck);
    if (!who.empty() && out.find("{who}") == std::string::npos) out += ": {who}";
    put(out, "{who}", who);
    put(out, "{reset}", to_rfc3339(began + level.until));
    return out;
}

}  // namespace townd::sim
