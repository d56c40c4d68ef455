#include "api/config_keys.hpp"

#include <algorithm>
#include <array>

#include "container/beast_client.hpp"

namespace townd::api {
namespace {

constexpr std::size_t text_letters_max = 4096;
constexpr std::size_t instruction_letters_max = 2000;
constexpr std::size_t env_value_letters_max = 32 * 1024;
constexpr std::size_t entries_max = 200;
constexpr std::string_view mask = "****";
constexpr std::size_t mask_shows = 4;
constexpr std::size_t mask_shows_from = 8;  // Of a shorter secret too little would stay hidden.

std::string mask_of(std::string_view secret) {
    std::string out{mask};
    if (secret.size() >= mask_shows_from) out += secret.substr(secret.size() - mask_shows);
    return out;
}

bool is_env_name(std::string_view name) {
    const auto letter = [](char c) {
        return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';
    };
    return !name.empty() && letter(name.front()) &&
           std::all_of(name.begin(), name.end(),
                       [&](char c) { return letter(c) || (c >= '0' && c <= '9'); });
}

// An object whose values are texts.
void check_texts(fields& in, const std::string& key, std::size_t letters_max,
                 const std::function<void(fields&, const std::string&)>& check_name) {
    const json* value = in.find(key);
    if (value == nullptr) return;
    if (!value->is_object()) return in.add(key, "Expected an object");
    if (value->size() > entries_max)
        return in.add(key, "Must have at most " + std::to_string(entries_max) + " entries");
    fields part(*value, {key});
    for (const auto& [name, text] : value->items()) {
        check_name(part, name);
        if (!text.is_string()) {
            part.add(clean_text(name, 80), "Expected a string");
        } else if (letters(text.get_ref<const std::string&>()) > letters_max) {
            part.add(clean_text(name, 80),
                     "Must be at most " + std::to_string(letters_max) + " characters");
        }
    }
    in.take(part);
}

void check_env_name(fields& part, const std::string& name) {
    if (!is_env_name(name)) part.add(clean_text(name, 80), "Must match [A-Za-z_][A-Za-z0-9_]*");
    if (name.starts_with("GASTOWN_"))
        part.add(clean_text(name, 80), "Names that begin with GASTOWN_ are reserved");
}

void check_role_name(fields& part, const std::string& name) {
    if (!parse_agent_role(name))
        part.add(clean_text(name, 80), "Expected one of: " + std::string{agent_roles});
}

void check_word(fields& in, std::string_view key, std::initializer_list<std::string_view> allowed) {
    const auto said = in.optional_text(key);
    if (!said || std::find(allowed.begin(), allowed.end(), *said) != allowed.end()) return;
    std::string list;
    for (const auto word : allowed)
        list += (list.empty() ? "" : ", ") + std::string{word};
    in.add(key, "Expected one of: " + list);
}

void check_git_auth(fields& in) {
    const json* value = in.find("git_auth");
    if (value == nullptr) return;
    if (!value->is_object()) return in.add("git_auth", "Expected an object");
    fields part(*value, {"git_auth"});
    for (const char* key :
         {"github_token", "gitlab_token", "gitlab_instance_url", "platform_integration_id"})
        part.optional_text(key, text_letters_max);
    part.refuse_others(
        {"github_token", "gitlab_token", "gitlab_instance_url", "platform_integration_id"});
    in.take(part);
}

void check_refinery(fields& in) {
    const json* value = in.find("refinery");
    if (value == nullptr) return;
    if (!value->is_object()) return in.add("refinery", "Expected an object");
    fields part(*value, {"refinery"});
    part.texts("gates", entries_max);
    for (const char* key : {"auto_merge", "require_clean_merge", "code_review",
                            "auto_resolve_pr_feedback", "auto_resolve_merge_conflicts"})
        part.flag(key);
    check_word(part, "review_mode", {"rework", "comments"});
    part.number("auto_merge_delay_minutes", 0, 10'080);
    part.refuse_others({"gates", "auto_merge", "require_clean_merge", "code_review", "review_mode",
                        "auto_resolve_pr_feedback", "auto_resolve_merge_conflicts",
                        "auto_merge_delay_minutes"});
    in.take(part);
}

void check_container(fields& in) {
    const json* value = in.find("container");
    if (value == nullptr) return;
    if (!value->is_object()) return in.add("container", "Expected an object");
    fields part(*value, {"container"});
    part.number("sleep_after_minutes", 5, 120);
    part.refuse_others({"sleep_after_minutes"});
    in.take(part);
}

void check_container_url(fields& in, const town_id& town) {
    auto url = in.optional_text("container_url");
    if (!url) return;
    constexpr std::string_view place = "{town}";
    for (auto at = url->find(place); at != std::string::npos; at = url->find(place, at))
        url->replace(at, place.size(), town);
    const auto read = container::parse_container_url(*url);
    if (!read) in.add("container_url", read.error().what);
}

constexpr std::array<std::string_view, 10> plain_texts{
    "owner_user_id", "owner_id",       "organization_id", "kilocode_token",   "default_model",
    "small_model",   "github_cli_pat", "git_author_name", "git_author_email", "owner_type"};

// Calls `change` with each secret text of the configuration and its dotted name.
template <class Change>
void each_secret(json& config, Change change) {
    if (!config.is_object()) return;
    const auto one = [&](json& object, const std::string& key, const std::string& name) {
        const auto found = object.find(key);
        if (found != object.end() && found->is_string()) change(*found, name);
    };
    one(config, "kilocode_token", "kilocode_token");
    one(config, "github_cli_pat", "github_cli_pat");
    if (const auto git = config.find("git_auth"); git != config.end() && git->is_object()) {
        one(*git, "github_token", "git_auth.github_token");
        one(*git, "gitlab_token", "git_auth.gitlab_token");
    }
    if (const auto env = config.find("env_vars"); env != config.end() && env->is_object()) {
        std::vector<std::string> names;
        for (const auto& [name, value] : env->items())
            names.push_back(name);
        for (const auto& name : names)
            one(*env, name, "env_vars." + name);
    }
}

void merge_key(json& into, const std::string& key, const json& value) {
    const bool by_parts = key == "git_auth" || key == "refinery" || key == "container";
    if (value.is_null()) {
        into.erase(key);
    } else if (by_parts && into.contains(key) && into[key].is_object()) {
        for (const auto& [part, part_value] : value.items())
            merge_key(into[key], part, part_value);
    } else {
        into[key] = value;
    }
}

}  // namespace

void check_config(const json& wanted, const town_id& town, fields& in) {
    for (const auto key : plain_texts)
        in.optional_text(key, text_letters_max);
    check_texts(in, "env_vars", env_value_letters_max, check_env_name);
    check_texts(in, "role_models", text_letters_max, check_role_name);
    check_texts(in, "custom_instructions", instruction_letters_max, check_role_name);
    check_git_auth(in);
    check_refinery(in);
    check_container(in);
    check_container_url(in, town);
    check_word(in, "merge_strategy", {"direct", "pr"});
    check_word(in, "convoy_merge_mode", {"review-then-land", "review-and-merge"});
    in.flag("staged_convoys_default");
    in.flag("disable_ai_coauthor");
    in.number("max_polecats_per_rig", 1, 50);
    in.number("alarm_interval_active", 5, 600);
    in.number("alarm_interval_idle", 30, 3600);
    in.number("max_concurrent_dispatches", 1, 1000);
    in.number("dispatch_budget_per_hour", 1, 1'000'000);
    static constexpr std::array<std::string_view, 15> others{"env_vars",
                                                             "role_models",
                                                             "custom_instructions",
                                                             "git_auth",
                                                             "refinery",
                                                             "container",
                                                             "container_url",
                                                             "merge_strategy",
                                                             "convoy_merge_mode",
                                                             "staged_convoys_default",
                                                             "disable_ai_coauthor",
                                                             "max_polecats_per_rig",
                                                             "alarm_interval_active",
                                                             "alarm_interval_idle",
                                                             "max_concurrent_dispatches"};
    for (const auto& [key, value] : wanted.items()) {
        const bool known =
            key == "dispatch_budget_per_hour" ||
            std::find(others.begin(), others.end(), key) != others.end() ||
            std::find(plain_texts.begin(), plain_texts.end(), key) != plain_texts.end();
        if (!known) in.add(clean_text(key, 80), "Unknown key");
    }
}

json masked(const json& config) {
    json out = config.is_object() ? config : json::object();
    each_secret(out, [](json& secret, const std::string&) {
        if (!secret.get_ref<const std::string&>().empty())
            secret = mask_of(secret.get_ref<const std::string&>());
    });
    for (const char* key : {"env_vars", "git_auth"})
        if (!out.contains(key)) out[key] = json::object();
    return out;
}

result<json> merged(const json& present, const json& wanted) {
    std::map<std::string, std::string, std::less<>> known;
    json out = present.is_object() ? present : json::object();
    each_secret(out, [&](json& secret, const std::string& name) {
        known[name] = secret.get<std::string>();
    });
    for (const auto& [key, value] : wanted.items())
        merge_key(out, key, value);
    std::string stranger;
    each_secret(out, [&](json& secret, const std::string& name) {
        const auto& said = secret.get_ref<const std::string&>();
        const auto before = known.find(name);
        if (before != known.end() && said == mask_of(before->second)) {
            secret = before->second;
        } else if (said.starts_with(mask) && (before == known.end() || said != before->second)) {
            stranger = name;
        }
    });
    if (!stranger.empty())
        return failure{errc::invalid, "Invalid request body: " + clean_text(stranger, 120) +
                                          " is masked; send the secret itself, or leave it out"};
    return out;
}

}  // namespace townd::api
