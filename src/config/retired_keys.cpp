#include "config/retired_keys.hpp"

#include <array>

namespace townd::config {
namespace {

constexpr std::string_view places =
    "a role in a rig is tried again by retry.first, retry.then and retry.max";
constexpr std::string_view budget = "tries of the whole fleet are paced by retry.per_hour";

constexpr std::array table{
    retired_key{"breaker.role", places},
    retired_key{"breaker.container", places},
    retired_key{"outage.probe_every", budget},
    retired_key{"outage.ramp_max", "a recovery sweep is as wide as the retry budget allows"},
    retired_key{"outage.max_outages", budget},
};

}  // namespace

std::span<const retired_key> retired_keys() noexcept {
    return table;
}

const retired_key* find_retired(std::string_view key) noexcept {
    for (const retired_key& each : table)
        if (key == each.key ||
            (key.starts_with(each.key) && key.substr(each.key.size()).starts_with('.')))
            return &each;
    return nullptr;
}

}  // namespace townd::config
