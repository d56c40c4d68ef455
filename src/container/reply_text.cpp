#include "container/reply_text.hpp"

#include <algorithm>
#include <array>

namespace townd::container {
namespace {

// The original cuts its texts here too; the whole body is kept as an excerpt beside the message.
constexpr std::size_t words_bytes_max = 500;
constexpr std::size_t excerpt_bytes_max = 300;
constexpr std::size_t field_bytes_max = 200;
constexpr std::size_t issues_max = 8;

char lower(char c) noexcept {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

std::optional<std::string> short_text(const json& object, std::string_view key, std::size_t max) {
    const auto text = text_at(object, key);
    if (!text || text->empty()) return std::nullopt;
    return clean_text(*text, max);
}

std::string path_of(const json& issue) {
    std::string out;
    if (!issue.contains("path")) return out;
    const json& path = issue.at("path");
    if (path.is_string()) return clean_text(path.get_ref<const std::string&>(), 64);
    if (!path.is_array()) return out;
    for (const json& step : path) {
        if (out.size() > 64) break;
        if (!out.empty()) out += '.';
        out +=
            step.is_string() ? clean_text(step.get_ref<const std::string&>(), 64) : dump_json(step);
    }
    return out;
}

// A list of {path, message}; any other form is shown as it came.
std::string read_issues(const json& issues) {
    if (!issues.is_array()) return clean_text(dump_json(issues), words_bytes_max);
    std::string out;
    std::size_t shown = 0;
    for (const json& issue : issues) {
        if (shown++ == issues_max) {
            out += "; and " + std::to_string(issues.size() - issues_max) + " more";
            break;
        }
        if (!out.empty()) out += "; ";
        const auto message =
            issue.is_object() ? short_text(issue, "message", field_bytes_max) : std::nullopt;
        const std::string path = issue.is_object() ? path_of(issue) : std::string{};
        if (!path.empty()) out += path + ": ";
        out += message ? *message : clean_text(dump_json(issue), field_bytes_max);
    }
    return clean_text(out, words_bytes_max);
}

std::optional<std::string> read_error(const json& object) {
    if (!object.contains("error")) return std::nullopt;
    const json& error = object.at("error");
    if (error.is_object())
        if (auto message = short_text(error, "message", words_bytes_max)) return message;
    if (error.is_null() || error == false || error == "") return std::nullopt;
    if (error.is_string()) return clean_text(error.get_ref<const std::string&>(), words_bytes_max);
    return clean_text(dump_json(error), words_bytes_max);
}

// Answers other than structured errors: what kind of body came, and how it begins.
std::string describe_body(const http_answer& answer) {
    if (answer.body.empty()) return " with an empty body";
    const std::string type = clean_text(answer.content_type.value_or(""), 64);
    const bool html = holds(type, "html") || holds(answer.body.substr(0, 256), "<html");
    std::string out = html ? " with HTML" : "";
    if (!type.empty()) out += html ? " (" + type + ")" : " with " + type;
    return out + ": " + clean_text(answer.body, excerpt_bytes_max);
}

}  // namespace

bool holds(std::string_view text, std::string_view word) {
    const auto found = std::search(text.begin(), text.end(), word.begin(), word.end(),
                                   [](char a, char b) { return lower(a) == b; });
    return found != text.end();
}

bool says_no(const json& object) {
    if (read_error(object)) return true;
    constexpr std::array<const char*, 3> words{"started", "success", "stopped"};
    return std::any_of(words.begin(), words.end(), [&](const char* word) {
        return object.contains(word) && object.at(word) == false;
    });
}

bool is_git_phase(const std::optional<std::string>& phase) {
    constexpr std::array<std::string_view, 6> words{"git",  "clone",    "worktree",
                                                    "repo", "checkout", "branch"};
    return phase && std::any_of(words.begin(), words.end(),
                                [&](std::string_view word) { return holds(*phase, word); });
}

answer_text read_text(const http_answer& answer) {
    answer_text out;
    if (answer.body.empty()) return out;
    auto parsed = parse_json(answer.body);
    if (!parsed) {
        out.not_json = parsed.error().what;
        return out;
    }
    if (!parsed->is_object()) {
        out.not_json = "JSON, but no object";
        return out;
    }
    json& object = *parsed;
    if (object.contains("data") && object.at("data").is_object() && object.contains("success") &&
        object.at("success") == true) {
        json inner = std::move(object.at("data"));
        object = std::move(inner);
    }
    out.error = read_error(object);
    if (object.contains("issues")) out.issues = read_issues(object.at("issues"));
    out.phase = short_text(object, "phase", field_bytes_max);
    out.error_type = short_text(object, "error_type", field_bytes_max);
    out.action = short_text(object, "action", field_bytes_max);
    if (const auto status = number_at(object, "status"); status && *status >= 100 && *status < 1000)
        out.upstream_status = static_cast<int>(*status);
    out.object = std::move(object);
    return out;
}

std::string describe_answer(const http_answer& answer, const answer_text& said) {
    const std::string status = std::to_string(answer.status.value_or(0));
    if (!said.error) {
        const bool truncated =
            !said.not_json.empty() && holds(answer.content_type.value_or(""), "json");
        return "container answered " + status + describe_body(answer) +
               (truncated ? " [" + clean_text(said.not_json, field_bytes_max) + "]" : "");
    }
    std::string out = "(" + status + ") ";
    if (said.phase) out += *said.phase + " failed: ";
    if (said.error_type) out += *said.error_type + ": ";
    if (said.upstream_status) out += "upstream " + std::to_string(*said.upstream_status) + ": ";
    out += *said.error;
    if (said.issues) out += ": " + *said.issues;
    if (said.action) out += " Action: " + *said.action;
    return out;
}

}  // namespace townd::container
