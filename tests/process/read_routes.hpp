#pragma once
// Everything that the pages can be asked for, as far as a test knows the names in it.

#include <string>
#include <vector>

#include "process/daemon_process.hpp"
#include "process/http_client.hpp"

namespace townd::test {

struct known_names {
    std::string town;
    std::string bead;
};

/// One answer: what was asked, and what came.
struct shown {
    std::string what;
    http_reply reply;
};

/// Reads every page and route as HTML, JSON and text, over the socket of the daemon.
inline std::vector<shown> read_everything(const daemon_process& of, const known_names& names) {
    const std::string socket = "unix:" + (of.data_dir() / "ctl.sock").string();
    std::vector<std::string> targets{"/",
                                     "/debug",
                                     "/debug/",
                                     "/debug/towns",
                                     "/debug/towns/" + names.town,
                                     "/debug/towns/" + names.town + "/beads/" + names.bead,
                                     "/debug/towns/" + names.town + "/status",
                                     "/debug/breakers",
                                     "/debug/errors",
                                     "/debug/outages",
                                     "/debug/events",
                                     "/debug/config",
                                     "/metrics",
                                     "/version",
                                     "/livez",
                                     "/readyz?verbose",
                                     "/nowhere/%3Cscript%3E"};
    for (const std::string rest :
         {"summary", "towns", "breakers", "outages", "errors", "reconciler", "config",
          "config/status", "runtime", "overrides", "audit", "logs", "doctor", "bundle",
          "openapi.json", "towns?q=%3Cscript%3E", "towns?state=%1B%0A"})
        targets.push_back("/debug/v1/" + rest);
    for (const std::string rest : {"", "/agents", "/beads", "/attempts", "/events"})
        targets.push_back("/debug/v1/towns/" + names.town + rest);
    for (const std::string list : {"agents", "beads", "attempts", "events"})
        targets.push_back("/debug/v1/" + list + "?town=" + names.town);
    targets.push_back("/debug/v1/beads/" + names.town + "/" + names.bead);
    targets.push_back("/debug/v1/explain?town=" + names.town + "&bead=" + names.bead);
    const json groups = http_get(socket, "/debug/v1/errors").parsed();
    if (groups.is_object() && groups.contains("items"))
        for (const auto& group : groups["items"]) {
            const auto print = text_at(group, "fingerprint").value_or("");
            targets.push_back("/debug/errors/" + print);
            targets.push_back("/debug/v1/errors/" + print);
        }
    std::vector<shown> out;
    for (const auto& target : targets)
        for (const std::string accept : {"text/html", "application/json", "text/plain"})
            out.push_back({target + " as " + accept,
                           http_send(socket, "GET", target, {}, {"Accept: " + accept})});
    return out;
}

/// townctl, which is the same binary under its other name, with what it says on both streams.
inline std::string townctl_says(const daemon_process& of, const std::string& arguments) {
    const scratch_dir dir;
    const auto link = dir.path() / "townctl";
    std::filesystem::create_symlink(townd_binary(), link);
    const auto out = dir.path() / "out";
    const std::string line = "TOWND_SOCKET=" + (of.data_dir() / "ctl.sock").string() + " " +
                             link.string() + " " + arguments + " </dev/null >" + out.string() +
                             " 2>&1";
    const int status = std::system(("( " + line + " )").c_str());
    return status == -1 ? std::string{} : read_file(out);
}

}  // namespace townd::test
