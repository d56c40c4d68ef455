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
    if (const auto at = config->find("code_review"); at != config->end() && at->is_boolean())
        r.code_review = at->get<bool>();
    if (const auto how = text_at(*config, "merge_strategy")) r.pull_requests = *how == "pr";
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

namespace {

int count_at(const json& object, std::string_view key) {
    return static_cast<int>(std::clamp<std::int64_t>(number_at(object, key).value_or(0), 0, 1000));
}

std::optional<instant> time_at(const json& object, std::string_view key) {
    const auto text = text_at(object, key);
    return text ? parse_time(*text) : std::nullopt;
}

bool flag_at(const json& object, const char* key) {
    const auto at = object.find(key);
    return at != object.end() && at->is_boolean() && at->get<bool>();
}

}  // namespace

void read_pull_request(std::string_view metadata_json, review& r) {
    if (!r.pr_url) return;
    const auto metadata = parse_json(metadata_json);
    if (!metadata || !metadata->is_object()) return;
    r.pr_news_at = time_at(*metadata, "pr_news_at");
    r.polled_at = time_at(*metadata, "last_poll_at");
    r.poll_transient = count_at(*metadata, "poll_transient_count");
    r.poll_invalid = count_at(*metadata, "poll_non_transient_count");
    r.awaiting_approval = flag_at(*metadata, "awaiting_approval");
    r.auto_merge = flag_at(*metadata, "auto_merge_pending");
}

std::optional<concern> concern_of(const bead& b) {
    const bool request = b.type == bead_type::issue && b.has_label("gt:triage-request");
    if (b.type != bead_type::escalation && !request) return std::nullopt;
    concern out;
    out.id = b.id;
    const auto metadata = parse_json(b.metadata_json);
    if (!metadata || !metadata->is_object()) return out;
    out.about_bead = text_at(*metadata, request ? "hooked_bead_id" : "source_bead_id");
    out.about_agent = text_at(*metadata, request ? "agent_bead_id" : "source_agent_id");
    if (request) {
        out.kind = text_at(*metadata, "triage_type").value_or("");
        out.repeats = count_at(*metadata, "triage_batches");
    }
    return out;
}

void read_landing(std::string_view metadata_json, convoy_standing& c) {
    if (metadata_json.find("landing_mr") == std::string_view::npos) return;
    const auto metadata = parse_json(metadata_json);
    if (!metadata || !metadata->is_object()) return;
    c.landing_attempts = count_at(*metadata, "landing_mr_attempts");
    c.last_landing_at = time_at(*metadata, "last_landing_mr_attempt_at");
}

void count_member(convoy_standing& c, const bead_id& id, std::string_view type,
                  std::string_view status) {
    // A status that is none holds the convoy: nobody knows that the bead is over.
    const auto is = parse_bead_status(status).value_or(bead_status::open);
    if (type == to_text(bead_type::merge_request)) {
        c.landing = is;
        return;
    }
    if (type != to_text(bead_type::issue)) return;
    if (is == bead_status::closed) ++c.closed;
    if (is == bead_status::failed) ++c.failed;
    if (!is_terminal(is)) c.live.push_back(id);
}

}  // namespace townd::store
