#include "http/router.hpp"

#include <algorithm>
#include <exception>

#include "http/target.hpp"

namespace townd::http {
namespace {

bool is_name(std::string_view part) {
    return part.size() > 1 && part.front() == ':';
}
bool is_rest(std::string_view part) {
    return part.size() > 1 && part.front() == '*';
}

int vagueness(std::string_view part) {
    if (is_rest(part)) return 2;
    return is_name(part) ? 1 : 0;
}

bool more_specific(const std::vector<std::string>& a, const std::vector<std::string>& b) {
    return std::lexicographical_compare(
        a.begin(), a.end(), b.begin(), b.end(),
        [](const auto& x, const auto& y) { return vagueness(x) < vagueness(y); });
}

bool fits(const std::vector<std::string>& pattern, const std::vector<std::string>& parts) {
    const bool open_end = is_rest(pattern.back());
    const std::size_t fixed = pattern.size() - (open_end ? 1 : 0);
    if (open_end ? parts.size() <= fixed : parts.size() != fixed) return false;
    for (std::size_t i = 0; i < fixed; ++i) {
        if (is_name(pattern[i]) ? parts[i].empty() : parts[i] != pattern[i]) return false;
    }
    return true;
}

void fill_params(const std::vector<std::string>& pattern, std::vector<std::string> parts,
                 request& call) {
    for (std::size_t i = 0; i < pattern.size(); ++i) {
        if (is_name(pattern[i])) call.params[pattern[i].substr(1)] = std::move(parts[i]);
        if (!is_rest(pattern[i])) continue;
        std::string rest = parts[i];
        for (std::size_t j = i + 1; j < parts.size(); ++j)
            rest += '/' + parts[j];
        call.params[pattern[i].substr(1)] = std::move(rest);
    }
}

std::vector<std::string> parts_of(const request& call) {
    return call.raw_path.empty() ? path_parts(call.path, false) : path_parts(call.raw_path, true);
}

response plain_error(int status, std::string_view text) {
    json body;
    body["success"] = false;
    body["error"] = text;
    return json_response(status, body);
}

response internal_error(std::string_view why) {
    return plain_error(500, "internal error: " + clean_text(why, error_message_bytes_max));
}

// Runs `serve`; what it throws becomes a 500. `reply` takes the first answer only, so one that was
// given before the exception stands.
template <class Serve>
void guarded(const responder& reply, Serve serve) {
    try {
        serve();
    } catch (const std::exception& e) {
        reply(internal_error(e.what()));
    } catch (...) {
        reply(internal_error("an exception of unknown type"));
    }
}

}  // namespace

void router::add(std::string_view method, std::string_view pattern, handler serve) {
    route entry{std::string{method}, std::string{pattern}, path_parts(pattern, false),
                std::move(serve)};
    const auto place = std::upper_bound(
        routes_.begin(), routes_.end(), entry,
        [](const route& a, const route& b) { return more_specific(a.parts, b.parts); });
    routes_.insert(place, std::move(entry));
}

void router::before(std::function<std::optional<response>(const request&)> door) {
    door_ = std::move(door);
}

void router::on_unknown(handler serve) {
    unknown_ = std::move(serve);
}

void router::on_wrong_method(std::function<response(const request&, std::string)> serve) {
    wrong_method_ = std::move(serve);
}

std::vector<const router::route*> router::matches(const std::vector<std::string>& parts) const {
    std::vector<const route*> found;
    for (const auto& entry : routes_)
        if (fits(entry.parts, parts)) found.push_back(&entry);
    return found;
}

std::string_view router::pattern_of(const request& call) const {
    const auto found = matches(parts_of(call));
    for (const auto* entry : found) {
        if (entry->method == call.method || (call.method == "HEAD" && entry->method == "GET"))
            return entry->pattern;
    }
    return found.empty() ? std::string_view{} : std::string_view{found.front()->pattern};
}

std::vector<std::pair<std::string, std::string>> router::routes() const {
    std::vector<std::pair<std::string, std::string>> out;
    for (const auto& entry : routes_)
        out.emplace_back(entry.method, entry.pattern);
    return out;
}

void router::dispatch(request call, responder reply) const {
    auto parts = parts_of(call);
    const auto found = matches(parts);
    const auto with_method = [&](std::string_view method) {
        const auto at = std::find_if(found.begin(), found.end(),
                                     [&](const route* r) { return r->method == method; });
        return at == found.end() ? nullptr : *at;
    };
    const route* chosen = with_method(call.method);
    if (chosen == nullptr && call.method == "HEAD") chosen = with_method("GET");
    if (door_ && (chosen != nullptr || found.empty())) {
        std::optional<response> turned_away;
        guarded([&](response why) { turned_away = std::move(why); },
                [&] { turned_away = door_(call); });
        if (turned_away) return reply(*std::move(turned_away));
    }
    if (chosen != nullptr) {
        fill_params(chosen->parts, std::move(parts), call);
        return guarded(reply, [&] { chosen->serve(std::move(call), reply); });
    }
    if (found.empty()) {
        if (!unknown_) return reply(plain_error(404, "Not found"));
        return guarded(reply, [&] { unknown_(std::move(call), reply); });
    }

    std::vector<std::string> methods;
    for (const auto* entry : found)
        methods.push_back(entry->method);
    if (with_method("GET") != nullptr) methods.emplace_back("HEAD");
    std::sort(methods.begin(), methods.end());
    methods.erase(std::unique(methods.begin(), methods.end()), methods.end());
    std::string allow;
    for (const auto& method : methods)
        allow += (allow.empty() ? "" : ", ") + method;
    guarded(reply, [&] {
        auto answer =
            wrong_method_ ? wrong_method_(call, allow) : plain_error(405, "Method not allowed");
        const bool told = std::any_of(answer.headers.begin(), answer.headers.end(),
                                      [](const auto& field) { return field.first == "Allow"; });
        if (!told) answer.headers.emplace_back("Allow", allow);
        reply(std::move(answer));
    });
}

}  // namespace townd::http
