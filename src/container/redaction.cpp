#include "container/redaction.hpp"

#include <algorithm>

#include "json/json.hpp"

namespace townd::container {
namespace {

constexpr std::size_t secret_bytes_min = 8;
constexpr std::string_view stand_in = "[secret]";

class secret_list {
public:
    void add(std::string_view text) {
        if (text.size() >= secret_bytes_min) texts_.emplace_back(text);
    }
    // The longest first: one may be part of another.
    void sort() {
        std::sort(texts_.begin(), texts_.end(),
                  [](const auto& a, const auto& b) { return a.size() > b.size(); });
    }
    void take_out_of(std::string& text) const {
        for (const auto& secret : texts_)
            for (auto at = text.find(secret); at != std::string::npos;
                 at = text.find(secret, at + stand_in.size()))
                text.replace(at, secret.size(), stand_in);
    }

private:
    std::vector<std::string> texts_;
};

bool is_plain(std::string_view name) {
    if (name == "GITLAB_INSTANCE_URL") return true;
    return name.starts_with("GASTOWN_") && !name.ends_with("_TOKEN");
}

void add_userinfo(secret_list& to, std::string_view url) {
    const auto scheme = url.find("://");
    if (scheme == std::string_view::npos) return;
    url = url.substr(scheme + 3);
    url = url.substr(0, url.find('/'));
    const auto at = url.rfind('@');
    if (at == std::string_view::npos) return;
    url = url.substr(0, at);
    to.add(url);
    if (const auto colon = url.find(':'); colon != std::string_view::npos)
        to.add(url.substr(colon + 1));
}

secret_list secrets_of(const http_call& asked) {
    secret_list out;
    constexpr std::string_view scheme = "Bearer ";
    for (const auto& [name, value] : asked.headers)
        if (value.starts_with(scheme)) out.add(std::string_view{value}.substr(scheme.size()));
    add_userinfo(out, asked.url);
    const auto body = asked.body.empty() ? result<json>{json()} : parse_json(asked.body);
    if (body && body->is_object()) {
        add_userinfo(out, text_at(*body, "gitUrl").value_or(""));
        if (const auto env = body->find("envVars"); env != body->end() && env->is_object())
            for (const auto& [name, value] : env->items())
                if (value.is_string() && !is_plain(name))
                    out.add(value.get_ref<const std::string&>());
    }
    out.sort();
    return out;
}

}  // namespace

void take_out_secrets(const http_call& asked, http_answer& answer) {
    const bool excerpt = answer.error && answer.error->body_excerpt;
    if (answer.body.empty() && !excerpt && !answer.location) return;
    const secret_list secrets = secrets_of(asked);
    secrets.take_out_of(answer.body);
    if (answer.location) secrets.take_out_of(*answer.location);
    if (excerpt) secrets.take_out_of(*answer.error->body_excerpt);
}

}  // namespace townd::container
