#include "store/kept.hpp"

#include "json/json.hpp"

namespace townd::store {
namespace {

constexpr std::size_t shown_id_bytes_max = 80;

std::optional<int> positive(const json& object, std::string_view key) {
    const auto number = number_at(object, key);
    if (!number || *number < 1 || *number > 1'000'000) return std::nullopt;
    return static_cast<int>(*number);
}

std::uint64_t unsigned_at(const json& object, const char* key) {
    const auto found = object.find(key);
    if (found == object.end() || !found->is_number_unsigned()) return 0;
    return found->get<std::uint64_t>();
}

}  // namespace

failure over_bound(std::string_view what, std::string_view id, std::size_t bytes, std::size_t max) {
    return {errc::too_large, std::string{what} + " of " + clean_text(id, shown_id_bytes_max) +
                                 " is " + std::to_string(bytes) + " bytes, more than the " +
                                 std::to_string(max) + " that are kept; shorten it"};
}

failure no_such_row(std::string_view what, std::string_view id) {
    return {errc::not_found,
            "there is no " + std::string{what} + " " + clean_text(id, shown_id_bytes_max)};
}

failure identity_taken(std::string_view identity) {
    return {errc::conflict,
            "there is an agent with the identity " + clean_text(identity, 120) + " already"};
}

failure rig_name_taken(std::string_view name) {
    return {errc::conflict, "there is a rig named " + clean_text(name, shown_id_bytes_max) +
                                " already; choose another name"};
}

std::string labels_text(const std::vector<std::string>& labels) {
    return labels.empty() ? std::string{"[]"} : dump_json(json(labels));
}

bool read_labels(std::string_view text, std::vector<std::string>& out) {
    if (text.empty() || text == "[]") return true;
    const auto list = parse_json(text);
    if (!list || !list->is_array()) return false;
    for (const auto& item : *list) {
        if (!item.is_string()) return false;
        out.push_back(item.get<std::string>());
    }
    return true;
}

std::string status_to_store(const agent& a) {
    if (a.status == agent_status::unknown && !a.status_text.empty())
        return cut_text(a.status_text, status_message_bytes_max);
    return std::string{to_text(a.status)};
}

std::string merged_config(const rig& r) {
    auto parsed = parse_json(r.config_json);
    json config = parsed && parsed->is_object() ? *std::move(parsed) : json::object();
    const auto put = [&](const char* key, const auto& value) {
        if (value)
            config[key] = *value;
        else
            config.erase(key);
    };
    put("platform_integration_id", r.platform_integration_id);
    put("max_dispatch_attempts", r.max_dispatch_attempts);
    put("max_concurrent_polecats", r.max_concurrent_polecats);
    return dump_json(config);
}

bool read_config(rig& r) {
    if (r.config_json == "{}") return true;
    const auto config = parse_json(r.config_json);
    if (!config || !config->is_object()) return false;
    r.platform_integration_id = text_at(*config, "platform_integration_id");
    r.max_dispatch_attempts = positive(*config, "max_dispatch_attempts");
    r.max_concurrent_polecats = positive(*config, "max_concurrent_polecats");
    return true;
}

std::string admissions_text(const std::vector<admission>& admissions) {
    json list = json::array();
    for (const auto& each : admissions) {
        json item;
        item["key"] = each.key;
        item["generation"] = each.generation;
        item["probe"] = each.probe;
        list.push_back(std::move(item));
    }
    return dump_json(list);
}

std::vector<admission> admissions_from(std::string_view text) {
    std::vector<admission> out;
    const auto list = parse_json(text);
    if (!list || !list->is_array()) return out;
    for (const auto& item : *list) {
        if (!item.is_object()) continue;
        out.push_back({text_at(item, "key").value_or(""), unsigned_at(item, "generation"),
                       unsigned_at(item, "probe")});
    }
    return out;
}

std::optional<bead_id> source_in_metadata(std::string_view metadata_json) {
    if (metadata_json.find("source_bead_id") == std::string_view::npos) return std::nullopt;
    const auto metadata = parse_json(metadata_json);
    if (!metadata) return std::nullopt;
    return text_at(*metadata, "source_bead_id");
}

}  // namespace townd::store
