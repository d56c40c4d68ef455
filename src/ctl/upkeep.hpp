#pragma once
// The commands that care for the daemon itself, and for its files.

#include <string>
#include <vector>

#include "ctl/orders.hpp"

namespace townd::ctl {

/// Puts the configuration on disk in force and shows what changed. `exit_would_change` when a dry
/// run has changes, `exit_config` with the errors when it is rejected.
int reload(session& of, bool dry_run, const std::string& reason);
/// Everything the daemon can tell, redacted, in one file; `-` is standard output.
int bundle(session& of, const std::string& file);

/// A bead to be made through the town API.
struct new_bead {
    std::string town;
    std::string rig;  ///< Id or name; may be left out when the town has one.
    std::string title;
    std::string body;
    std::string type = "issue";
    std::string priority;
    std::vector<std::string> labels;
    std::string api;  ///< `host:port` or a socket's path; empty: as the daemon's config says.
    std::string token_file;  ///< Of the API's token.
};
int add_bead(session& of, const new_bead& what);

}  // namespace townd::ctl
