#include "debug/event_list.hpp"

#include <algorithm>
#include <charconv>

namespace townd::debug {
namespace {

json text_or_null(const std::string& text) {
    return text.empty() ? json(nullptr) : json(text);
}

result<std::optional<std::int64_t>> seq_in(const http::request& call, const char* name) {
    const std::string text = asked(call, name);
    if (text.empty()) return std::optional<std::int64_t>{};
    std::int64_t out = 0;
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), out);
    if (problem != std::errc{} || end != text.data() + text.size() || out < 0)
        return failure{errc::invalid, std::string{name} + ": must be the seq of an event"};
    return std::optional<std::int64_t>{out};
}

template <class Take>
void for_each_part(std::string_view list, Take take) {
    while (!list.empty()) {
        const auto comma = list.find(',');
        if (const auto part = list.substr(0, comma); !part.empty()) take(std::string{part});
        list = comma == std::string_view::npos ? std::string_view{} : list.substr(comma + 1);
    }
}

bool is_type(const std::string& type) {
    const auto& known = engine::event_types();
    const auto kind = type.substr(0, type.find('.'));
    return type == "summary" || std::find(known.begin(), known.end(), kind) != known.end();
}

std::string known_types() {
    std::string out = "summary";
    for (const auto& each : engine::event_types())
        out += ", " + each;
    return out;
}

}  // namespace

json fleet_event_json(const engine::fleet_event& e) {
    return {{"seq", e.seq},
            {"at", to_rfc3339(e.at)},
            {"type", e.type},
            {"severity", e.severity},
            {"town", text_or_null(e.town)},
            {"role", text_or_null(e.role)},
            {"agent", text_or_null(e.agent)},
            {"bead", text_or_null(e.bead)},
            {"dispatch", text_or_null(e.dispatch)},
            {"code", text_or_null(e.code)},
            {"fingerprint", text_or_null(e.fingerprint)},
            {"text", e.text}};
}

result<engine::event_query> event_query_of(const http::request& call) {
    engine::event_query out;
    std::string wrong;
    for_each_part(asked(call, "type"), [&](const std::string& type) {
        if (!is_type(type))
            wrong = "type: no such type of event; there are " + known_types() +
                    ", and note.WORD, warning.WORD";
        out.types.insert(type);
    });
    out.severity = asked(call, "severity");
    for_each_part(out.severity, [&](const std::string& severity) {
        if (severity != "info" && severity != "warn" && severity != "error")
            wrong = "severity: must be info, warn or error, or several with commas between";
    });
    if (!wrong.empty()) return failure{errc::invalid, wrong};
    out.town = asked(call, "town");
    const auto after = seq_in(call, "after");
    if (!after.has_value()) return after.error();
    out.after = after.value();
    return out;
}

http::response event_list(const face& f, const http::request& call) {
    if (f.options.history == nullptr)
        return problem(call, 404, "not_found", "this process keeps no events");
    const auto page = page_of(call);
    if (!page.has_value()) return problem(call, page.error());
    auto which = event_query_of(call);
    if (!which.has_value()) return problem(call, which.error());
    const auto before = seq_in(call, "before");
    if (!before.has_value()) return problem(call, before.error());
    auto cursor = seq_in(call, "cursor");
    if (!cursor.has_value())
        return problem(call, 400, "invalid",
                       "cursor: use page.next_cursor of the answer before, unchanged");
    auto& query = which.value();
    query.limit = page.value().limit;
    query.before = before.value();
    if (cursor.value()) (query.after ? query.after : query.before) = cursor.value();
    const auto found = f.options.history->events(query);
    list_part part;
    for (const auto& each : found.items)
        part.items.push_back(fleet_event_json(each));
    if (found.more) part.next_cursor = std::to_string(found.items.back().seq);
    json body = envelope(f, page.value(), std::move(part));
    body["oldest_seq"] = found.oldest;
    body["newest_seq"] = found.newest;
    return http::json_response(200, body);
}

}  // namespace townd::debug
