#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>

#include "ctl/command_line.hpp"
#include "ctl/reads.hpp"
#include "ctl/upkeep.hpp"
#include "ctl/views.hpp"
#include "townd/words/exit_codes.hpp"

namespace townd::ctl {
namespace {

struct town_file {
    std::string town;
    std::string file;
    std::string config;
    bool replaces = false;
};

// The daemon holds its files alone, so a copy is made while it is stopped: by townd, which is this
// program under its other name.
int hand_over(const char* verb, const town_file& what) {
    std::vector<std::string> words{"townd"};
    if (!what.config.empty()) words.insert(words.end(), {"--config", what.config});
    words.insert(words.end(), {verb, what.town, what.file});
    if (what.replaces) words.emplace_back("--replace");
    std::vector<char*> raw;
    for (auto& each : words)
        raw.push_back(each.data());
    raw.push_back(nullptr);
    ::execv("/proc/self/exe", raw.data());
    return complain(std::string{"cannot run townd "} + verb + ": " + std::strerror(errno),
                    exit_failed);
}

void add_town_files(command_line& to) {
    const auto o = std::make_shared<town_file>();
    const auto add = [&](const char* verb, const char* help, const char* examples) -> CLI::App& {
        auto& made = to.add(to.app(), verb, help, examples,
                            [o, verb](session&) { return hand_over(verb, *o); });
        made.add_option("TOWN", o->town, "its id")->required();
        made.add_option("FILE", o->file, "the copy; never overwritten")->required();
        made.add_option("--config", o->config, "townd's; says where the data directory is")
            ->type_name("FILE");
        return made;
    };
    add("backup", "copy a stopped townd's town into a file",
        "  townctl backup TOWN /var/backups/town.db");
    add("restore", "put such a file back, townd being stopped",
        "  townctl restore TOWN /var/backups/town.db --replace")
        .add_flag("--replace", o->replaces, "its present file goes to deleted/");
}

}  // namespace

void add_upkeep(command_line& to) {
    struct options {
        bool dry_run = false;
        bool wait = false;
        std::string reason;
        std::string file = "townd-bundle.tar.zst";
    };
    auto o = std::make_shared<options>();
    auto& reloads = to.add(to.app(), "reload",
                           "put the configuration on disk in force; exit 78 when it is rejected",
                           "  townctl reload --dry-run\n  townctl reload --wait",
                           [o](session& of) { return reload(of, o->dry_run, o->reason); });
    reloads.add_flag("--dry-run", o->dry_run, "only say what would change; exit 2 when something");
    reloads.add_flag("--wait", o->wait, "until it is in force, which is so anyway");
    reloads.add_option("--reason", o->reason, "for the audit log");
    to.add(to.app(), "config", "the values in force, each with where it comes from",
           "  townctl config\n  townctl config -o jsonl", [](session& of) {
               return list(of, {"/debug/v1/config", {}, 0}, config_view);
           });
    to.add(to.app(), "bundle", "all that the daemon can tell, redacted, in one file",
           "  townctl bundle -o incident.tar.zst", [o](session& of) { return bundle(of, o->file); })
        .add_option("-o,-f,--file", o->file, "where to; - is standard output")
        ->type_name("FILE");
    add_town_files(to);
}

}  // namespace townd::ctl
