// Events in words.

#include "engine/chronicle_words.hpp"

#include <array>
#include <utility>

namespace townd::engine {
namespace {

constexpr std::size_t name_bytes_max = 128;
constexpr char separator = '\x1f';

bool in_list(std::string_view wanted, std::string_view value) {
    if (wanted.empty()) return true;
    while (true) {
        const auto comma = wanted.find(',');
        if (wanted.substr(0, comma) == value) return true;
        if (comma == std::string_view::npos) return false;
        wanted.remove_prefix(comma + 1);
    }
}

}  // namespace

const std::vector<std::string>& event_types() {
    static const std::vector<std::string> all{
        "attempt_failed", "session_failed", "attempt_unknown", "breaker_changed", "outage_changed",
        "storage_failed", "note",           "warning"};
    return all;
}

std::string name_of(std::string_view text) {
    return clean_text(text, name_bytes_max);
}

fleet_event event_of(std::string type, const char* severity, const town_id& town) {
    fleet_event out;
    out.type = std::move(type);
    out.severity = severity;
    out.town = name_of(town);
    return out;
}

fleet_event event_of(std::string type, const town_id& town, const dispatch& what) {
    auto out = event_of(std::move(type), "warn", town);
    out.role = to_text(what.role);
    out.agent = name_of(what.agent_name);
    out.bead = name_of(what.bead);
    out.dispatch = name_of(what.id);
    if (!what.error) return out;
    out.code = to_text(what.error->code());
    out.fingerprint = what.error->fingerprint(out.role);
    return out;
}

std::string kind_of(const fleet_event& e) {
    std::string out = e.type;
    for (const auto* part : {&e.severity, &e.role, &e.code, &e.fingerprint})
        (out += separator) += *part;
    return out;
}

fleet_event summary_of(const sys::storm_summary& held) {
    fleet_event out;
    std::array<std::string*, 5> parts{&out.type, &out.severity, &out.role, &out.code,
                                      &out.fingerprint};
    std::string_view rest = held.key;
    for (auto* part : parts) {
        const auto end = rest.find(separator);
        *part = rest.substr(0, end);
        rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
    }
    if (out.type.empty()) out.type = "warning";
    if (out.severity.empty()) out.severity = "warn";
    const bool one = held.towns == 1 && !held.more_towns;
    out.text = std::to_string(held.count) + " more in " + (held.more_towns ? "at least " : "") +
               std::to_string(held.towns) + (one ? " town within " : " towns within ") +
               to_words(held.over) + ", the newest: " + held.sample;
    return out;
}

bool is_wanted(const event_query& which, const fleet_event& e) {
    if (!which.town.empty() && which.town != e.town) return false;
    if (!in_list(which.severity, e.severity)) return false;
    return which.types.empty() || which.types.contains(e.type) ||
           which.types.contains(e.type.substr(0, e.type.find('.')));
}

}  // namespace townd::engine
