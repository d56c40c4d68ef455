#include "store/adoption_config.hpp"

#include <fstream>

#include "store/structured_clone.hpp"

namespace townd::store {
namespace {

constexpr std::size_t file_bytes_max = 4 * 1024 * 1024;
constexpr std::string_view rig_prefix = "rig:";
constexpr std::string_view config_suffix = ":config";

std::optional<json> decoded(std::string_view value) {
    if (auto read = read_structured_clone(value)) return read;
    auto read = parse_json(value);
    if (!read) return std::nullopt;
    // A text that holds JSON: exports differ in how often they encode.
    if (read->is_string())
        if (auto inner = parse_json(read->get_ref<const std::string&>());
            inner && inner->is_object())
            return *std::move(inner);
    return *std::move(read);
}

std::optional<rig_id> rig_of(std::string_view key) {
    if (!key.starts_with(rig_prefix) || !key.ends_with(config_suffix)) return std::nullopt;
    if (key.size() <= rig_prefix.size() + config_suffix.size()) return std::nullopt;
    return rig_id{
        key.substr(rig_prefix.size(), key.size() - rig_prefix.size() - config_suffix.size())};
}

bool is_ours(std::string_view key) {
    return key == "town:id" || key == "town:config" || rig_of(key);
}

// False when the value cannot be what the key needs.
bool take(town_entries& into, std::string_view key, json value, const std::string& from) {
    if (key == "town:id") {
        if (!value.is_string() || !is_town_id(value.get_ref<const std::string&>())) return false;
        into.id = value.get<std::string>();
        return true;
    }
    if (!value.is_object()) return false;
    if (const auto rig = rig_of(key)) {
        into.rigs.insert_or_assign(*rig, std::move(value));
    } else {
        into.config = std::move(value);
        into.config_from = from;
    }
    return true;
}

std::string text_of(const json& object, std::string_view key) {
    return text_at(object, key).value_or("");
}

// As people would call it: the last part of its repository's address.
std::string name_of(const rig_id& id, const std::string& url) {
    auto name = url.substr(url.find_last_of("/:") + 1);
    if (name.ends_with(".git")) name.resize(name.size() - 4);
    return name.empty() ? id : name;
}

std::string config_of(const json& entry) {
    json out = json::object();
    if (const auto id = text_at(entry, "platformIntegrationId"))
        out["platform_integration_id"] = *id;
    if (const auto how = text_at(entry, "merge_strategy")) out["merge_strategy"] = *how;
    return dump_json(out);
}

}  // namespace

town_entries entries_of_table(SQLite::Database& database) {
    town_entries out;
    if (!database.tableExists("_cf_KV")) return out;
    SQLite::Statement rows(database, "SELECT key, value FROM _cf_KV");
    while (rows.executeStep()) {
        const auto key = rows.getColumn(0).getString();
        if (!is_ours(key)) continue;
        const auto bytes = rows.getColumn(1).getString();
        auto value = decoded(bytes);
        if (!value && key == "town:id" && is_town_id(bytes)) value = json(bytes);
        if (!value || !take(out, key, *std::move(value), "table _cf_KV")) out.unread.push_back(key);
    }
    return out;
}

result<void> add_entries_of_file(const std::filesystem::path& file, town_entries& into) {
    std::error_code ec;
    if (!std::filesystem::is_regular_file(file, ec))
        return failure{errc::not_found, file.string() + ": there is no such file"};
    if (std::filesystem::file_size(file, ec) > file_bytes_max)
        return failure{errc::invalid, file.string() +
                                          ": it is over 4 MiB, which is no town's "
                                          "configuration"};
    std::ifstream in(file, std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    // No excerpt of the file: it holds secrets.
    auto read = parse_json(text);
    if (!read || !read->is_object())
        return failure{errc::invalid, file.string() +
                                          ": it is no JSON object; a town's configuration is one "
                                          "(for townd's own, say `townd --config FILE adopt`)"};
    bool entries = false;
    for (const auto& [key, value] : read->items())
        entries = entries || is_ours(key);
    if (!entries) {
        static_cast<void>(take(into, "town:config", *std::move(read), file.string()));
        return boost::system::in_place_value;
    }
    for (const auto& [key, value] : read->items()) {
        if (!is_ours(key)) continue;
        auto decoded_value = value.is_string() ? decoded(value.get_ref<const std::string&>())
                                               : std::optional<json>{value};
        if (!decoded_value) decoded_value = value;
        if (!take(into, key, *std::move(decoded_value), file.string()))
            return failure{errc::invalid, file.string() + ": the value of " + clean_text(key, 80) +
                                              " cannot be read"};
    }
    return boost::system::in_place_value;
}

void repair_rig_entries(adoption_copy& copy, const town_entries& entries) {
    std::int64_t filled = 0;
    std::int64_t made = 0;
    std::vector<std::string> names;
    for (const auto& [id, entry] : entries.rigs) {
        const auto url = text_of(entry, "gitUrl");
        const auto branch = text_of(entry, "defaultBranch");
        SQLite::Statement update(
            copy.database,
            "UPDATE rigs SET git_url = CASE WHEN coalesce(git_url, '') = '' THEN ?2 ELSE git_url "
            "END, default_branch = CASE WHEN coalesce(git_url, '') = '' AND ?3 <> '' THEN ?3 "
            "ELSE default_branch END, config = CASE WHEN coalesce(config, '') IN ('', '{}') THEN "
            "?4 ELSE config END WHERE id = ?1 AND (coalesce(git_url, '') = '' OR "
            "coalesce(config, '') IN ('', '{}'))");
        update.bind(1, id);
        update.bind(2, url);
        update.bind(3, branch);
        update.bind(4, config_of(entry));
        filled += update.exec();
        SQLite::Statement insert(
            copy.database,
            "INSERT INTO rigs(id, name, git_url, default_branch, config, created_at) SELECT ?1, "
            "?2, ?3, ?4, ?5, ?6 WHERE NOT EXISTS (SELECT 1 FROM rigs WHERE id = ?1)");
        insert.bind(1, id);
        auto name = name_of(id, url);
        if (copy.has_rig_named(name)) name += "-" + id.substr(0, 8);
        insert.bind(2, name);
        insert.bind(3, url);
        insert.bind(4, branch.empty() ? "main" : branch);
        insert.bind(5, config_of(entry));
        insert.bind(6, copy.now);
        if (insert.exec() == 0) continue;
        ++made;
        if (names.size() < oddity_examples_max) names.push_back(id);
    }
    copy.tell("rig_entries", fate::repaired, filled,
              {"rig lacks what the key-value entries say of it",
               "rigs lack what the key-value entries say of them", "filled in"});
    copy.tell("rig_made", fate::repaired, made,
              {"rig is in the key-value entries alone", "rigs are in the key-value entries alone",
               "made, named after its repository"},
              std::move(names));
}

std::string adopted_config(adoption_copy& copy, const town_entries& entries,
                           const adoption_order& order) {
    auto& report = copy.report;
    const auto unread = static_cast<std::int64_t>(entries.unread.size());
    copy.tell("entries_unread", fate::left, unread,
              {"key-value entry cannot be decoded", "key-value entries cannot be decoded",
               "left out; give them with --config FILE.json"},
              {entries.unread.begin(),
               entries.unread.begin() + static_cast<std::ptrdiff_t>(
                                            std::min(entries.unread.size(), oddity_examples_max))});
    json config = entries.config.value_or(json::object());
    for (const auto& [rig, entry] : entries.rigs)
        if (const auto token = text_at(entry, "kilocodeToken"))
            if (!token->empty() && text_of(config, "kilocode_token").empty())
                config["kilocode_token"] = *token;
    report.config_from = entries.config_from;
    if (config.empty()) {
        copy.say("no_config", fate::left, 1,
                 "The file brings no configuration of the town: give it with --config FILE.json, "
                 "or set it later by PATCH /api/towns/" +
                     report.town + "/config");
        return "{}";
    }
    if (!order.check_config) return dump_json(config);
    auto checked = order.check_config(dump_json(config), report.town);
    for (const auto& each : checked.refused)
        copy.say("config_refused", fate::dropped, 1, "The configuration's " + each + ": left out");
    return std::move(checked.json);
}

}  // namespace townd::store
