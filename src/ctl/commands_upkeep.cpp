#include <memory>

#include "ctl/command_line.hpp"
#include "ctl/reads.hpp"
#include "ctl/upkeep.hpp"
#include "ctl/views.hpp"

namespace townd::ctl {

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
}

}  // namespace townd::ctl
