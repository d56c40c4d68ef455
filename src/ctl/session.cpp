#include "ctl/session.hpp"

#include <algorithm>
#include <cstdio>

#include "ctl/interrupt.hpp"
#include "ctl/near.hpp"
#include "sys/ids.hpp"
#include "townd/words/exit_codes.hpp"

namespace townd::ctl {
namespace {

constexpr int candidates_shown_max = 10;
constexpr int pages_max = 200;
constexpr std::size_t towns_compared_max = 2000;

trouble trouble_of(const failure& why) {
    if (interrupted()) return {exit_interrupted, "interrupted", {}};
    int code = exit_unavailable;
    if (why.kind == errc::invalid) code = exit_usage;
    if (why.kind == errc::forbidden) code = exit_not_permitted;
    if (why.kind == errc::too_large) code = exit_failed;
    return {code, why.what, {}};
}

trouble nowhere(const std::vector<std::string>& tried, bool forbidden, bool named) {
    std::string text = "no townd answers";
    for (const auto& each : tried)
        text += "\n  tried " + each;
    text += "\nIs it running (systemctl status townd)? ";
    text += named ? "Is this its ctl.socket or debug.listen?"
                  : "If it is, name its ctl.socket with --socket or TOWND_SOCKET, or its "
                    "debug.listen with --addr or TOWND_ADDR.";
    return {forbidden ? exit_not_permitted : exit_unavailable, text, {}};
}

// Which towns a name may mean.
struct meant {
    std::optional<std::string> exact;
    std::vector<std::string> named;
    std::vector<std::string> starting;
    std::vector<std::string> all;

    void look_at(const json& town, const std::string& wanted) {
        const std::string id = text_at(town, "town").value_or("");
        if (id == wanted) exact = id;
        if (text_at(town, "name") == wanted) named.push_back(id);
        if (id.starts_with(wanted)) starting.push_back(id);
        if (all.size() >= towns_compared_max) return;
        all.push_back(id);
        all.push_back(text_at(town, "name").value_or(""));
    }
};

trouble ambiguous(const std::string& wanted, const std::vector<std::string>& towns) {
    std::string text = "'" + clean_text(wanted, 100) + "' may mean " +
                       std::to_string(towns.size()) + " towns; say which:";
    for (std::size_t i = 0; i < towns.size() && i < candidates_shown_max; ++i)
        text += "\n  " + clean_text(towns[i], 100);
    if (towns.size() > candidates_shown_max) text += "\n  ...";
    return {exit_usage, text, {}};
}

// Of the town API: where in the body, and what.
std::string issue_text(const json& issue) {
    std::string out;
    if (const auto path = issue.find("path"); path != issue.end() && path->is_array())
        for (const auto& each : *path)
            out += (out.empty() ? "" : ".") +
                   (each.is_string() ? each.get<std::string>() : dump_json(each));
    return clean_text(out + ": " + text_at(issue, "message").value_or("wrong"), 300);
}

}  // namespace

void throw_exception_from_error(const trouble& e, const boost::source_location&) {
    throw std::logic_error("failed outcome read as a value: " + e.what);
}

int complain(const std::string& what, int code) {
    std::fprintf(stderr, "townctl: %s\n", what.c_str());
    return code;
}

int code_of_status(int status) {
    switch (status) {
        case 400:
        case 406:
        case 413:
        case 415:
            return exit_usage;
        case 401:
        case 403:
            return exit_not_permitted;
        case 404:
            return exit_not_found;
        case 409:
        case 412:
            return exit_precondition;
        default:
            return status >= 200 && status < 300 ? exit_ok : exit_failed;
    }
}

std::string refusal_text(const reply& got) {
    const auto body = parse_json(got.body);
    std::string text = "the daemon answered " + std::to_string(got.status);
    if (!body || !body->is_object()) {
        const auto said = clean_text(got.body, 300);
        return said.empty() ? text : text + ": " + said;
    }
    const auto detail = text_at(*body, "detail");
    const auto error = detail ? detail : text_at(*body, "error");
    if (error) text = clean_text(*error, error_message_bytes_max);
    if (const auto more = body->find("errors"); more != body->end() && more->is_array())
        for (const auto& each : *more)
            text +=
                "\n  " + clean_text(each.is_string() ? each.get<std::string>() : dump_json(each),
                                    error_message_bytes_max);
    if (const auto more = body->find("issues"); more != body->end() && more->is_array())
        for (const auto& each : *more)
            text += "\n  " + issue_text(each);
    return text;
}

int session::fail(const trouble& why) const {
    const bool machine = given_.out.as == form::json || given_.out.as == form::jsonl;
    if (machine && !why.body.empty()) std::printf("%s\n", why.body.c_str());
    return why.code == exit_interrupted ? why.code : complain(why.what, why.code);
}

outcome<void> session::find(bool writes) {
    if (place_) return {};
    const auto wanted = places_of(given_.at);
    if (!wanted) return trouble_of(wanted.error());
    std::vector<std::string> tried;
    bool forbidden = false;
    for (const auto& each : wanted->tried) {
        const auto there = send(each, {"GET", "/livez", {}, {}, {}, duration{10'000}});
        // Late or unwell is there all the same.
        if (there) {
            place_ = each;
            return {};
        }
        const auto& why = there.error();
        if (why.kind == errc::invalid) return trouble_of(why);
        forbidden = forbidden || why.kind == errc::forbidden;
        tried.push_back(why.what.starts_with(each.name()) ? why.what
                                                          : each.name() + ": " + why.what);
        if (forbidden && writes) break;  // What lets us read elsewhere would not let us write.
        if (interrupted()) return trouble{exit_interrupted, "interrupted", {}};
    }
    return nowhere(tried, forbidden, wanted->named);
}

outcome<reply> session::ask_any(const call& what) {
    if (const auto found = find(what.method != "GET"); !found) return found.error();
    auto got = send(*place_, what);
    if (!got) return trouble_of(got.error());
    return *std::move(got);
}

outcome<std::string> session::ask(const call& what) {
    auto got = ask_any(what);
    if (!got) return got.error();
    const int code = code_of_status(got->status);
    if (code != exit_ok) return trouble{code, refusal_text(*got), got->body};
    return std::move(got->body);
}

outcome<reply> session::stream(const call& what, const part_taker& take) {
    if (const auto found = find(false); !found) return found.error();
    auto got = follow(*place_, what, take);
    if (!got) return trouble_of(got.error());
    return *std::move(got);
}

outcome<answer> session::get(const std::string& target) {
    auto text = ask({"GET", target, {}, {}, {}});
    if (!text) return text.error();
    auto value = parse_json(*text);
    if (!value) return trouble{exit_failed, "the daemon's answer is no JSON", {}};
    return answer{*std::move(text), *std::move(value)};
}

outcome<answer> session::post(const std::string& target, const json& body) {
    auto text = ask({"POST", target, dump_json(body), sys::random_uuid(), {}});
    if (!text) return text.error();
    auto value = parse_json(*text);
    if (!value) return trouble{exit_failed, "the daemon's answer is no JSON", {}};
    return answer{*std::move(text), *std::move(value)};
}

outcome<std::string> session::town(const std::string& named) {
    if (named.empty()) return trouble{exit_usage, "TOWN: name the town", {}};
    meant found;
    std::string cursor;
    for (int page = 0; page < pages_max; ++page) {
        const auto list = get("/debug/v1/towns?limit=1000&q=" + escaped(named) + cursor);
        if (!list) return list.error();
        for (const auto& each : list->value["items"])
            found.look_at(each, named);
        const auto next = text_at(list->value["page"], "next_cursor");
        if (found.exact || !next) break;
        cursor = "&cursor=" + escaped(*next);
    }
    if (found.exact) return *found.exact;
    const auto& fits = found.named.empty() ? found.starting : found.named;
    if (fits.size() == 1) return fits.front();
    if (fits.size() > 1) return ambiguous(named, fits);
    if (found.all.empty())
        if (const auto list = get("/debug/v1/towns?limit=1000"); list)
            for (const auto& each : list->value["items"])
                found.look_at(each, named);
    return trouble{exit_not_found,
                   "no town has the id or name '" + clean_text(named, 100) + "'" +
                       did_you_mean(named, found.all) + " (townctl towns lists them)",
                   {}};
}

}  // namespace townd::ctl
