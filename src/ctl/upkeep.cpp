#include "ctl/upkeep.hpp"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "ctl/output.hpp"
#include "ctl/reads.hpp"
#include "ctl/views.hpp"
#include "sys/file.hpp"
#include "sys/ids.hpp"
#include "townd/words/exit_codes.hpp"

namespace townd::ctl {
namespace {

std::string reload_text(const json& r, const screen& on) {
    const bool applied = member(r, "dry_run") != true;
    const json& changes = member(r, "changes");
    std::string out = "nothing changed\n";
    if (!changes.empty())
        out = applied ? "in force, generation " + cell(r, "generation") + ":\n" : "would change:\n";
    table rows;
    for (const auto& each : changes)
        rows.rows.push_back({"  " + cell(each, "key") + ":", cell(each, "from"), "->",
                             cell(each, "to"),
                             member(each, "restart") == true ? "(needs a restart)" : ""});
    out += aligned(rows, on);
    for (const auto& each : member(r, "warnings"))
        out += "warning: " + cell(each) + "\n";
    return out;
}

// Where the town API is and how it is called there.
outcome<place> api_of(session& of, const new_bead& what) {
    place out;
    if (!what.token_file.empty()) {
        const auto token = sys::read_secret(std::filesystem::absolute(what.token_file));
        if (!token) return trouble{exit_usage, "--api-token-file: " + token.error().what, {}};
        out.token = *token;
    }
    std::string at = what.api;
    std::string socket;
    if (at.empty()) {
        const auto keys = of.get("/debug/v1/config");
        if (!keys) return keys.error();
        for (const auto& each : keys->value["items"]) {
            if (cell(each, "key") == "api.listen") at = cell(each, "value");
            if (cell(each, "key") == "api.socket") socket = cell(each, "value");
        }
        for (std::string* text : {&at, &socket})
            std::erase_if(*text, [](char c) { return c == '"' || c == '\''; });
        if (!socket.empty() && socket != "null" && socket != "-" && !out.token) at = socket;
    }
    if (at.starts_with("http://")) at = at.substr(7);
    if (at.find('/') != std::string::npos)
        out.socket = at;
    else
        out.address = at;
    return out;
}

outcome<std::string> rig_of(session& of, const std::string& town, const std::string& named) {
    const auto got = of.get("/debug/v1/towns/" + escaped(town));
    if (!got) return got.error();
    const json& rigs = member(got->value, "detail.rigs");
    std::string known;
    for (const auto& each : rigs) {
        const auto id = cell(each, "rig_id");
        if (id == named || cell(each, "name") == named || (named.empty() && rigs.size() == 1))
            return id;
        known += "\n  " + id + " " + cell(each, "name");
    }
    if (named.empty())
        return trouble{
            exit_usage,
            "--rig: the town has " + std::to_string(rigs.size()) + " rigs; say which:" + known,
            {}};
    return trouble{
        exit_not_found, "the town has no rig '" + clean_text(named, 100) + "':" + known, {}};
}

}  // namespace

int reload(session& of, bool dry_run, const std::string& reason) {
    json body = json::object();
    body["reason"] = reason.empty() ? "townctl reload" : reason;
    if (dry_run) body["dry_run"] = true;
    const call what{"POST", "/debug/v1/config:reload", dump_json(body), sys::random_uuid(), {}};
    const auto got = of.ask_any(what);
    if (!got) return of.fail(got.error());
    const auto value = parse_json(got->body);
    if (value && text_at(*value, "code") == "config_refused")
        return of.fail({exit_config, refusal_text(*got), got->body});
    const int code = code_of_status(got->status);
    if (code != exit_ok) return of.fail({code, refusal_text(*got), got->body});
    if (!value) return complain("the daemon's answer is no JSON", exit_failed);
    const json& after = member(*value, "after");
    show_object(of, {got->body, *value}, cell(after, "generation"),
                [&](const json&, const screen& on) { return reload_text(after, on); });
    return dry_run && !member(after, "changes").empty() ? exit_would_change : exit_ok;
}

int bundle(session& of, const std::string& file) {
    const auto got = of.ask({"GET", "/debug/v1/bundle", {}, {}, {}});
    if (!got) return of.fail(got.error());
    if (file == "-") {
        std::fwrite(got->data(), 1, got->size(), stdout);
        return exit_ok;
    }
    std::ofstream out{file, std::ios::binary | std::ios::trunc};
    out.write(got->data(), static_cast<std::streamsize>(got->size()));
    out.close();
    if (!out) return complain(file + ": cannot be written", exit_failed);
    std::fprintf(stderr, "%s: %zu bytes; read it with tar --zstd -tf %s\n", file.c_str(),
                 got->size(), file.c_str());
    return exit_ok;
}

int add_bead(session& of, const new_bead& what) {
    const auto town = of.town(what.town);
    if (!town) return of.fail(town.error());
    const auto rig = rig_of(of, *town, what.rig);
    if (!rig) return of.fail(rig.error());
    const auto api = api_of(of, what);
    if (!api) return of.fail(api.error());
    json body{{"type", what.type}, {"title", what.title}};
    if (!what.body.empty()) body["body"] = what.body;
    if (!what.priority.empty()) body["priority"] = what.priority;
    if (!what.labels.empty()) body["labels"] = what.labels;
    const call post{"POST",
                    "/api/towns/" + escaped(*town) + "/rigs/" + escaped(*rig) + "/beads",
                    dump_json(body),
                    {},
                    {}};
    const auto got = send(*api, post);
    if (!got)
        return complain("the town API: " + got.error().what + " (set --api)", exit_unavailable);
    const int code = code_of_status(got->status);
    if (code != exit_ok)
        return of.fail({code,
                        "the town API: " + refusal_text(*got) +
                            (code == exit_not_permitted ? " (set --api-token-file)" : ""),
                        got->body});
    const auto value = parse_json(got->body);
    if (!value) return complain("the town API's answer is no JSON", exit_failed);
    const json& made = member(*value, "data");
    return show_object(of, {got->body, *value}, cell(made, "bead_id"),
                       [&](const json&, const screen&) {
                           return cell(made, "bead_id") + " is " + cell(made, "status");
                       });
}

}  // namespace townd::ctl
