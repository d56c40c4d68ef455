#include "debug/route_book.hpp"

#include <chrono>
#include <cstdio>
#include <utility>

#include "debug/replies.hpp"

namespace townd::debug {
namespace {

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t'))
        text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t'))
        text.remove_suffix(1);
    return text;
}

// Calls `with` for each part of a comma list until one says true.
template <class With>
bool any_part(std::string_view list, With with) {
    while (true) {
        const auto comma = list.find(',');
        if (with(trimmed(list.substr(0, comma)))) return true;
        if (comma == std::string_view::npos) return false;
        list.remove_prefix(comma + 1);
    }
}

bool is_refused(std::string_view weight) {
    const auto q = weight.find("q=0");
    return q != std::string_view::npos &&
           weight.find_first_of("123456789", q + 3) == std::string_view::npos;
}

// Any JSON will do for JSON: `application/problem+json` says that the caller reads it.
bool accepts(std::string_view accept, std::string_view gives) {
    if (trimmed(accept).empty()) return true;
    const bool json = gives.ends_with("json");
    return any_part(accept, [&](std::string_view part) {
        const auto end = part.find(';');
        const auto type = trimmed(part.substr(0, end));
        if (end != std::string_view::npos && is_refused(part.substr(end))) return false;
        if (type == "*/*" || type == gives) return true;
        if (type.ends_with("/*") && gives.starts_with(type.substr(0, type.size() - 1))) return true;
        return json && (type == "application/json" || type == "application/problem+json");
    });
}

std::uint64_t mixed(std::uint64_t hash, std::string_view text) {
    for (const char c : text)
        hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
    return (hash ^ 0x100U) * 1099511628211ULL;
}

bool has_seen(const http::request& call, const std::string& tag) {
    const auto known = call.header("if-none-match");
    if (known.empty()) return false;
    return any_part(known, [&](std::string_view part) { return part == tag || part == "*"; });
}

http::response with_tag(http::response answer, const std::string& tag) {
    if (answer.status != 200 && answer.status != 304) return answer;
    std::erase_if(answer.headers, [](const auto& h) { return h.first == "Cache-Control"; });
    answer.headers.emplace_back("ETag", tag);
    answer.headers.emplace_back("Cache-Control", "private, no-cache");
    return answer;
}

http::handler tagged(const shared_face& f, http::handler serve) {
    return [f, serve = std::move(serve)](http::request call, http::responder reply) {
        const std::string tag = tag_of(*f, call);
        if (has_seen(call, tag)) {
            auto same = http::text_response(304, {});
            return reply(with_tag(std::move(same), tag));
        }
        serve(std::move(call), [tag, reply = std::move(reply)](http::response answer) {
            reply(with_tag(std::move(answer), tag));
        });
    };
}

http::handler checked(const route_entry& route, http::handler serve) {
    return [&route, serve = std::move(serve)](http::request call, http::responder reply) {
        if (!accepts(call.header("accept"), route.gives))
            return reply(problem(call, 406, "not_acceptable",
                                 "Accept: this route answers " + std::string{route.gives} +
                                     " only; leave Accept out, or send */*"));
        if (const auto fine = check_query(route, call); !fine)
            return reply(problem(call, fine.error()));
        serve(std::move(call), std::move(reply));
    };
}

}  // namespace

void route_book::add(std::string_view method, std::string_view pattern, http::handler serve) {
    if (const auto* route = find_route(method, pattern)) {
        if (route->is_tagged) serve = tagged(face_, std::move(serve));
        serve = guard(checked(*route, std::move(serve)));
    }
    to_.add(method, pattern, std::move(serve));
}

std::string tag_of(const face& f, const http::request& call) {
    std::uint64_t hash = 14695981039346656037ULL;
    hash = mixed(hash, call.path);
    for (const auto& [name, value] : call.query) {
        hash = mixed(hash, name);
        hash = mixed(hash, value);
    }
    for (const auto& each : f.fleet.operators().orders)
        hash = mixed(hash, each.order.id);
    for (const auto& each : *f.fleet.outages()) {
        hash = mixed(hash, each.id);
        hash = mixed(hash, to_text(each.phase));
    }
    const auto minute = unix_ms(f.now()) / 60'000;
    hash = mixed(hash, std::to_string(minute));
    const auto total = f.fleet.total();
    hash = mixed(hash, std::to_string(total.towns_late) + (total.stopping ? "s" : "r"));
    char hex[17] = {};
    std::snprintf(hex, sizeof hex, "%016llx", static_cast<unsigned long long>(hash));
    return "W/\"" + std::to_string(total.ticks) + "-" + hex + "\"";
}

}  // namespace townd::debug
