#include "ctl/upkeep.hpp"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "ctl/output.hpp"
#include "ctl/progress.hpp"
#include "ctl/reads.hpp"
#include "ctl/views.hpp"
#include "sys/file.hpp"
#include "sys/ids.hpp"
#include "townd/words/exit_codes.hpp"

namespace townd::ctl {
namespace {

std::string reload_text(const json& r, const screen& on) {
    std::string out;
    const bool changes = !member(r, "changes").empty();
    const bool dry = member(r, "dry_run") == true;
    if (!changes)
        out = "nothing changed\n";
    else if (dry)
        out = "would change:\n";
    else
        out = "in force, generation " + cell(r, "generation") + ":\n";
    table rows;
    for (const auto& each : member(r, "changes"))
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
        const auto keys = of.get("/debug/v1/config?limit=1000");
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
    progress told;
    told.tell("reloading");
    json body = json::object();
    body["reason"] = reason.empty() ? "townctl reload" : reason;
    const call what{"POST",
                    std::string{"/debug/v1/config:reload"} + (dry_run ? "?dry_run=true" : ""),
                    dump_json(body),
                    sys::random_uuid(),
                    {}};
    const auto got = of.ask_any(what);
    if (!got) return of.fail(got.error());
    const auto value = parse_json(got->body);
    const bool judged = value && value->is_object() && value->contains("ok");
    if (judged && member(*value, "ok") == false) {
        std::string text = "the configuration is rejected, the old one stays in force:";
        for (const auto& each : member(*value, "errors"))
            text += "\n  " + cell(each);
        return of.fail({exit_config, text, got->body});
    }
    if (code_of_status(got->status) != exit_ok || !judged)
        return of.fail(
            {std::max(exit_failed, code_of_status(got->status)), refusal_text(*got), got->body});
    show_object(of, {got->body, *value}, cell(*value, "generation"), reload_text);
    return dry_run && !member(*value, "changes").empty() ? exit_would_change : exit_ok;
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
