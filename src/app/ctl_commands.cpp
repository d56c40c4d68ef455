// townctl: which commands there are, and what each asks the daemon.

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <array>
#include <cstdio>
#include <filesystem>
#include <iostream>

#include "app/commands.hpp"
#include "app/ctl_client.hpp"
#include "app/ctl_tables.hpp"
#include "app/exit_codes.hpp"
#include "app/version.hpp"
#include "sys/file.hpp"
#include "sys/ids.hpp"

namespace townd::app {
namespace {

constexpr std::array<const char*, 3> usual_sockets{"/run/townd/ctl.sock", "/var/lib/townd/ctl.sock",
                                                   "townd-data/ctl.sock"};

struct arguments {
    std::string address = "127.0.0.1:9191";
    std::string socket;
    std::string token_file;
    bool tcp = false;  ///< An address was given.
    bool as_json = false;

    std::string town;
    std::string bead;
    std::string key;
    std::string rig;
    std::string role;
    bool all = false;

    std::string reason;
    std::string ttl;
    bool dry_run = false;
    bool confirm = false;
    int limit = 100;

    std::vector<std::string> states;
    std::vector<std::string> scopes;
    std::string cause;
    int expect_count = -1;
};

enum class family : std::uint8_t { order, breaker, bead };

struct write_command {
    const char* name;
    const char* verb;  ///< As in the route.
    family what;
    bool ends;  ///< Takes --ttl.
    const char* help;
};
constexpr std::array<write_command, 11> writes{
    {{"pause", "pause", family::order, true, "no new starts; what runs goes on"},
     {"resume", "resume", family::order, false, "end a pause"},
     {"drain", "drain", family::order, true, "no new starts, until nothing runs any more"},
     {"undrain", "undrain", family::order, false, "end a drain"},
     {"force-open", "force-open", family::breaker, true, "let nothing through"},
     {"force-closed", "force-closed", family::breaker, true, "let everything through"},
     {"clear", "clear", family::breaker, false, "end a forced state"},
     {"reset", "reset", family::breaker, false, "close it and forget its failures"},
     {"probe", "probe", family::breaker, false, "try once now"},
     {"retry", "retry-now", family::bead, false, "open a failed bead, or end its wait"},
     {"reset-attempts", "reset-attempts", family::bead, false, "forget the attempts charged"}}};

struct read_command {
    const char* name;
    const char* target;
    std::string (*show)(const json&);  ///< Null: the answer as it is.
    const char* help;
};
constexpr std::array<read_command, 5> reads{
    {{"status", "/debug?format=text", nullptr, "how the fleet is, in words"},
     {"towns", "/debug/v1/towns", nullptr, "all towns, as JSON"},
     {"breakers", "/debug/v1/breakers", breakers_text, "breakers that remember something"},
     {"overrides", "/debug/v1/overrides", overrides_text, "orders in force"},
     {"audit", "/debug/v1/audit", audit_text, "what operators did, newest first"}}};

// An id as one part of a path or query.
std::string escaped(const std::string& id) {
    std::string out;
    for (const char c : id) {
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                           (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
        std::array<char, 4> hex{};
        std::snprintf(hex.data(), hex.size(), "%%%02X", static_cast<unsigned char>(c));
        out += plain ? std::string(1, c) : std::string{hex.data()};
    }
    return out;
}

int complain(const std::string& what, int code) {
    std::fprintf(stderr, "townctl: %s\n", what.c_str());
    return code;
}

int code_of(const failure& why) {
    if (why.kind == errc::invalid) return exit_usage;
    return why.kind == errc::forbidden ? exit_not_permitted : exit_unavailable;
}

int code_of_status(int status) {
    switch (status) {
        case 400:
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

result<ctl_place> place_of(const arguments& given) {
    ctl_place out;
    out.address = given.address;
    if (!given.token_file.empty()) {
        auto token = sys::read_secret(std::filesystem::absolute(given.token_file));
        if (!token) return failure{errc::invalid, "--token-file: " + token.error().what};
        out.token = *std::move(token);
    }
    if (given.tcp) return out;
    out.socket = given.socket;
    std::error_code ignored;
    for (const char* path : usual_sockets)
        if (out.socket.empty() && std::filesystem::is_socket(path, ignored)) out.socket = path;
    return out;
}

// What the daemon says of a call that it did not do.
std::string refusal_text(const ctl_reply& reply) {
    const auto body = parse_json(reply.body);
    std::string text = "the daemon answered " + std::to_string(reply.status);
    if (!body) return text + ": " + clean_text(reply.body, 300);
    const auto detail = text_at(*body, "detail");
    const auto error = detail ? detail : text_at(*body, "error");
    return error ? clean_text(*error, error_message_bytes_max) : text;
}

int ask(const arguments& given, const ctl_call& what,
        const std::function<int(const std::string&)>& show) {
    const auto to = place_of(given);
    if (!to) return complain(to.error().what, code_of(to.error()));
    const auto reply = ctl_send(*to, what);
    if (!reply) return complain(reply.error().what, code_of(reply.error()));
    const int code = code_of_status(reply->status);
    if (code == exit_ok) return show(reply->body);
    if (given.as_json) std::printf("%s\n", reply->body.c_str());
    return complain(refusal_text(*reply), code);
}

int print_plain(const std::string& body) {
    std::printf("%s%s", body.c_str(), body.ends_with('\n') ? "" : "\n");
    return exit_ok;
}

int read_something(const arguments& given, const read_command& command) {
    std::string target = command.target;
    if (command.show != nullptr && std::string_view{command.name} != "overrides")
        target += "?limit=" + std::to_string(given.limit);
    if (!given.town.empty()) target += "&town=" + escaped(given.town);
    return ask(given, {"GET", target, {}, {}}, [&](const std::string& body) {
        const auto parsed = parse_json(body);
        if (given.as_json || command.show == nullptr || !parsed) return print_plain(body);
        return print_plain(command.show(*parsed));
    });
}

// ---- Writes -------------------------------------------------------------------------------------

result<std::string> order_path(const arguments& given, const std::string& verb) {
    const bool somewhere = !given.town.empty() || !given.rig.empty() || !given.role.empty();
    if (given.all == somewhere)
        return failure{errc::invalid, "say where: --all, or --town, --rig and --role"};
    if (given.all) return "/debug/v1/dispatch:" + verb;
    if (!given.rig.empty() && !given.role.empty())
        return failure{errc::invalid, "--rig and --role: give two orders, one for each"};
    if (!given.rig.empty()) {
        if (given.town.empty()) return failure{errc::invalid, "--rig: name its --town, too"};
        return "/debug/v1/towns/" + escaped(given.town) + "/rigs/" + escaped(given.rig) + ":" +
               verb;
    }
    if (!given.role.empty())
        return "/debug/v1/roles/" + escaped(given.role) + ":" + verb +
               (given.town.empty() ? "" : "?town=" + escaped(given.town));
    return "/debug/v1/towns/" + escaped(given.town) + ":" + verb;
}

bool selects(const arguments& given) {
    return !given.states.empty() || !given.scopes.empty() || !given.role.empty() ||
           !given.cause.empty() || given.expect_count >= 0;
}

json selector_of(const arguments& given) {
    json out = json::object();
    if (!given.town.empty()) out["town"] = json::array({given.town});
    if (!given.states.empty()) out["state"] = given.states;
    if (!given.scopes.empty()) out["scope"] = given.scopes;
    if (!given.role.empty()) out["role"] = json::array({given.role});
    if (!given.cause.empty()) out["cause"] = given.cause;
    return out;
}

result<std::string> breaker_path(const arguments& given, const std::string& verb, json& body) {
    if (!given.key.empty()) {
        if (selects(given))
            return failure{errc::invalid, "name one breaker, or select many: not both"};
        body["town"] = given.town;
        body["key"] = given.key;
        return "/debug/v1/breakers:" + verb;
    }
    if (!selects(given))
        return failure{errc::invalid,
                       "name the breaker, as TOWN container, or select with --state, --scope, "
                       "--role, --cause and --expect-count"};
    body["action"] = verb;
    body["selector"] = selector_of(given);
    if (given.expect_count >= 0) body["expect_count"] = given.expect_count;
    return std::string{"/debug/v1/breakers:batch"};
}

// Others will read why; a script must say it, a person is asked.
result<std::string> reason_of(const arguments& given) {
    if (!given.reason.empty()) return given.reason;
    if (::isatty(STDIN_FILENO) != 1)
        return failure{errc::invalid, "--reason: say why; others will read it"};
    std::fputs("Reason: ", stderr);
    std::string line;
    std::getline(std::cin, line);
    if (line.empty()) return failure{errc::invalid, "--reason: say why; others will read it"};
    return line;
}

int write_something(const arguments& given, const write_command& command) {
    json body = json::object();
    const std::string verb = command.verb;
    result<std::string> path = failure{};
    switch (command.what) {
        case family::order:
            path = order_path(given, verb);
            break;
        case family::breaker:
            path = breaker_path(given, verb, body);
            break;
        case family::bead:
            path =
                "/debug/v1/beads/" + escaped(given.town) + "/" + escaped(given.bead) + ":" + verb;
            break;
    }
    if (!path) return complain(path.error().what, exit_usage);
    const auto reason = reason_of(given);
    if (!reason) return complain(reason.error().what, exit_usage);
    body["reason"] = *reason;
    if (!given.ttl.empty()) body["ttl"] = given.ttl;
    if (given.confirm) body["confirm"] = true;
    if (given.dry_run) body["dry_run"] = true;
    const ctl_call call{"POST", *path, dump_json(body), sys::random_uuid()};
    return ask(given, call, [&](const std::string& answer) {
        const auto parsed = parse_json(answer);
        if (!parsed) return complain("the daemon's answer is no JSON", exit_failed);
        print_plain(given.as_json ? answer : write_text(*parsed, given.dry_run));
        return given.dry_run && would_change(*parsed) ? exit_would_change : exit_ok;
    });
}

// ---- The command line ---------------------------------------------------------------------------

void add_place(CLI::App& app, arguments& given) {
    app.add_option("--socket", given.socket, "the daemon's ctl.socket")->envname("TOWND_SOCKET");
    app.add_option("--addr", given.address, "the daemon's debug.listen, in place of the socket")
        ->envname("TOWND_ADDR");
    app.add_option("--token-file", given.token_file, "token for orders over --addr")
        ->envname("TOWND_TOKEN_FILE");
    app.add_flag("--json", given.as_json, "the daemon's answer as it is");
}

void add_target(CLI::App& to, arguments& given, family what) {
    switch (what) {
        case family::order:
            to.add_flag("--all", given.all, "the whole daemon");
            to.add_option("--town", given.town, "town id");
            to.add_option("--rig", given.rig, "rig id, with --town");
            to.add_option("--role", given.role, "polecat, refinery or mayor");
            return;
        case family::breaker:
            to.add_option("town", given.town, "town id");
            to.add_option("key", given.key,
                          "container, role/ROLE, rig/RIG/ROLE, "
                          "agent/RIG/ROLE/NAME");
            to.add_option("--state", given.states, "of many: open, half_open, forced_open, ...");
            to.add_option("--scope", given.scopes, "of many: container, role, rig, agent");
            to.add_option("--role", given.role, "of many: polecat, refinery, mayor");
            to.add_option("--cause", given.cause, "of many: part of the cause");
            to.add_option("--expect-count", given.expect_count, "of many: how many you mean");
            return;
        case family::bead:
            to.add_option("town", given.town, "town id")->required();
            to.add_option("bead", given.bead, "bead id")->required();
            return;
    }
}

void add_write(CLI::App& to, arguments& given, const write_command& command) {
    add_target(to, given, command.what);
    to.add_option("--reason", given.reason, "why; asked for on a terminal");
    to.add_flag("--dry-run", given.dry_run, "change nothing; exit code 2 when it would");
    if (!command.ends) return;
    to.add_option("--ttl", given.ttl, "how long: 1h (the default) to 24h, or none with --confirm");
    to.add_flag("--confirm", given.confirm, "yes, without an end");
}

struct parsed_line {
    CLI::App app{"townctl: asks and orders a running townd"};
    arguments given;
    std::vector<std::pair<CLI::App*, const write_command*>> writes_;
    std::vector<std::pair<CLI::App*, const read_command*>> reads_;
    CLI::App* explain = nullptr;

    parsed_line() {
        add_place(app, given);
        app.fallthrough();
        app.require_subcommand(1);
        for (const auto& each : reads) {
            auto* to = app.add_subcommand(each.name, each.help);
            if (each.show != nullptr)
                to->add_option("--limit", given.limit, "rows at most, 1 to 1000");
            if (each.show == breakers_text) to->add_option("--town", given.town, "town id");
            reads_.emplace_back(to, &each);
        }
        explain = app.add_subcommand("explain", "why a bead is (not) dispatched, as JSON");
        explain->add_option("town", given.town, "town id")->required();
        explain->add_option("bead", given.bead, "bead id")->required();
        auto* breaker = app.add_subcommand("breaker", "what one breaker, or many, should do");
        auto* bead = app.add_subcommand("bead", "what becomes of one bead");
        for (auto* group : {breaker, bead}) {
            group->fallthrough();
            group->require_subcommand(1);
        }
        for (const auto& each : writes) {
            CLI::App& in = each.what == family::order  ? app
                           : each.what == family::bead ? *bead
                                                       : *breaker;
            auto* to = in.add_subcommand(each.name, each.help);
            to->fallthrough();
            add_write(*to, given, each);
            writes_.emplace_back(to, &each);
        }
    }
};

}  // namespace

int townctl(int argc, char** argv) {
    parsed_line line;
    try {
        line.app.parse(argc, argv);
    } catch (const CLI::ParseError& e) {
        // CLI11's own exit codes are 100 and more; scripts expect sysexits.
        return line.app.exit(e) == 0 ? exit_ok : exit_usage;
    }
    // A socket that was named goes before an address from the environment.
    const auto* socket = line.app.get_option("--socket");
    line.given.tcp = line.app.get_option("--addr")->count() > 0 && socket->count() == 0;
    for (const auto& [app, command] : line.reads_)
        if (app->parsed()) return read_something(line.given, *command);
    for (const auto& [app, command] : line.writes_)
        if (app->parsed()) return write_something(line.given, *command);
    return ask(
        line.given,
        {"GET",
         "/debug/v1/explain?town=" + escaped(line.given.town) + "&bead=" + escaped(line.given.bead),
         {},
         {}},
        print_plain);
}

}  // namespace townd::app
