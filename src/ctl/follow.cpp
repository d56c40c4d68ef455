#include "ctl/follow.hpp"

#include <algorithm>
#include <cstdio>
#include <set>

#include "config/config.hpp"
#include "ctl/interrupt.hpp"
#include "ctl/status.hpp"
#include "ctl/views.hpp"
#include "townd/words/exit_codes.hpp"

namespace townd::ctl {
namespace {

constexpr std::size_t line_bytes_max = 1024 * 1024;
constexpr duration between_tries{2'000};
constexpr duration between_log_reads{1'000};

using parameters = std::vector<std::pair<std::string, std::string>>;

// A signal is how these commands end; anything else is trouble.
int ended(const session& of, const trouble& why) {
    return interrupted() ? exit_interrupted : of.fail(why);
}

// The newest are asked for first and shown last.
void show_oldest_first(row_printer& to, const json& items) {
    for (auto each = items.rbegin(); each != items.rend(); ++each)
        to.show(*each);
}

std::string newest_seq(const json& items) {
    std::int64_t newest = 0;
    for (const auto& each : items)
        newest = std::max(newest, number_at(each, "seq").value_or(0));
    return std::to_string(newest);
}

int follow_events(session& of, const parameters& which, std::string last, row_printer& to) {
    event_reader reader;
    for (;;) {
        call what;
        what.target = target_of({"/debug/v1/events/stream", which, 0});
        what.last_event_id = last;
        const auto got = of.stream(what, [&](std::string_view part) {
            return !interrupted() && reader.add(part, [&](const event_reader::event& e) {
                if (!e.id.empty()) last = e.id;
                if (e.type == "summary") return true;
                if (e.type == "resync") {
                    std::fputs("(some events were missed)\n", stderr);
                    return true;
                }
                if (const auto item = parse_json(e.data)) to.show(*item);
                return true;
            });
        });
        if (interrupted()) return exit_interrupted;
        if (got && code_of_status(got->status) != exit_ok)
            return of.fail({code_of_status(got->status), refusal_text(*got), got->body});
        std::fprintf(stderr, "(the connection ended%s; trying again)\n",
                     got ? "" : (": " + got.error().what).c_str());
        pause_for(between_tries);
        if (interrupted()) return exit_interrupted;
    }
}

std::string line_key(const json& line) {
    return cell(line, "at") + cell(line, "text") + cell(line, "fields");
}

}  // namespace

bool event_reader::line(std::string_view text, const std::function<bool(const event&)>& take) {
    if (text.empty()) {
        const event whole = std::exchange(next_, {});
        return whole.data.empty() || take(whole);
    }
    const auto colon = text.find(':');
    const auto field = text.substr(0, colon);
    auto value = colon == std::string_view::npos ? std::string_view{} : text.substr(colon + 1);
    if (value.starts_with(' ')) value.remove_prefix(1);
    if (field == "id") next_.id = value;
    if (field == "event") next_.type = value;
    if (field == "data") {
        if (!next_.data.empty()) next_.data += '\n';
        next_.data += value;
    }
    return true;
}

bool event_reader::add(std::string_view part, const std::function<bool(const event&)>& take) {
    rest_.append(part);
    std::size_t from = 0;
    for (auto end = rest_.find('\n'); end != std::string::npos; end = rest_.find('\n', from)) {
        std::string_view text{rest_.data() + from, end - from};
        if (text.ends_with('\r')) text.remove_suffix(1);
        from = end + 1;
        if (!line(text, take)) return false;
    }
    rest_.erase(0, from);
    return rest_.size() <= line_bytes_max;
}

int events(session& of, const events_wanted& what) {
    parameters which{{"type", what.type}, {"severity", what.severity}};
    if (!what.town.empty()) {
        const auto id = of.town(what.town);
        if (!id) return of.fail(id.error());
        which.emplace_back("town", *id);
    }
    const auto got = fetch(of, {"/debug/v1/events", which, what.limit});
    if (!got) return of.fail(got.error());
    if (!what.follow) return show_list(of, *got, events_view);
    note_interrupts();
    row_printer to(of.given().out, events_view);
    const json& items = member(got->value, "items");
    show_oldest_first(to, items);
    return follow_events(of, which, newest_seq(items), to);
}

int logs(session& of, const logs_wanted& what) {
    parameters which{{"level", what.level}};
    if (!what.town.empty()) {
        const auto id = of.town(what.town);
        if (!id) return of.fail(id.error());
        which.emplace_back("town", *id);
    }
    auto got = fetch(of, {"/debug/v1/logs", which, what.limit});
    if (!got) return of.fail(got.error());
    if (!what.follow) return show_list(of, *got, logs_view);
    note_interrupts();
    row_printer to(of.given().out, logs_view);
    std::set<std::string> shown;
    while (true) {
        std::set<std::string> now;
        json fresh = json::array();
        for (const auto& each : member(got->value, "items")) {
            const auto key = line_key(each);
            if (!shown.contains(key)) fresh.push_back(each);
            now.insert(key);
        }
        show_oldest_first(to, fresh);
        shown = std::move(now);
        pause_for(between_log_reads);
        if (interrupted()) return exit_interrupted;
        got = fetch(of, {"/debug/v1/logs", which, 1000});
        if (!got) return ended(of, got.error());
    }
}

int watch(session& of, const std::string& interval) {
    const auto every = config::parse_duration(interval);
    if (!every.value || *every.value < duration{100})
        return complain(
            "--interval: " + (every.value ? std::string{"100ms at least"} : every.problem),
            exit_usage);
    note_interrupts();
    const screen first = screen_of(of.given().out.colour);
    if (first.terminal) std::fputs("\x1b[?1049h\x1b[?25l", stdout);
    int code = exit_interrupted;
    while (!interrupted()) {
        const screen on = screen_of(of.given().out.colour);
        const auto seen = look_at(of);
        if (interrupted()) break;
        if (!seen && !on.terminal) {
            code = of.fail(seen.error());
            break;
        }
        std::string text =
            seen ? status_text(seen->summary.value, seen->overrides, seen->outages, on) + "\n" +
                       cell(seen->summary.value, "as_of") + "\n"
                 : cut_to(clean_text(seen.error().what, 500), on.columns) + "\n";
        if (on.terminal) {
            std::size_t from = 0;
            std::size_t line = 0;
            // What would scroll is not shown: the first lines matter most.
            while (from < text.size() && ++line < on.lines)
                from = text.find('\n', from) + 1;
            text.resize(from);
            std::string drawn = "\x1b[H";
            for (const char c : text)
                drawn += c == '\n' ? std::string{"\x1b[K\n"} : std::string(1, c);
            text = drawn + "\x1b[J";
        } else {
            text += '\n';
        }
        std::fwrite(text.data(), 1, text.size(), stdout);
        std::fflush(stdout);
        pause_for(*every.value);
    }
    if (first.terminal) std::fputs("\x1b[?25h\x1b[?1049l", stdout);
    std::fflush(stdout);
    return code;
}

}  // namespace townd::ctl
