#pragma once
// The commands that only ask. Each returns the exit code.

#include <string>
#include <utility>
#include <vector>

#include "ctl/session.hpp"

namespace townd::ctl {

struct view;

/// A list of the daemon and what narrows it.
struct list_wanted {
    std::string path;
    std::vector<std::pair<std::string, std::string>> parameters;  ///< Empty values are left out.
    int limit = 100;  ///< Rows at most; more than a page are fetched one after another.
};
[[nodiscard]] std::string target_of(const list_wanted& what);
[[nodiscard]] outcome<answer> fetch(session& of, const list_wanted& what);
int list(session& of, const list_wanted& what, const view& as);

/// The list's route below a town when one is named.
int list_beads(session& of, const std::string& town, list_wanted what);
int list_attempts(session& of, const std::string& town, const std::string& bead, int limit);

int show_town(session& of, const std::string& town);
int show_bead(session& of, const std::string& town, const std::string& bead);
int show_breaker(session& of, const std::string& town, const std::string& key);
int show_error(session& of, const std::string& fingerprint);
int show_attempt(session& of, const std::string& id, const std::string& town);
int show_outage(session& of, const std::string& id);
/// The gates before a bead; without one, of every bead of the town that waits.
int explain(session& of, const std::string& town, const std::string& bead);
/// `exit_would_change` when the next tick would do something.
int dry_run(session& of, const std::string& town);
/// `exit_failed` when a check failed.
int doctor(session& of);
/// The verdict, the numbers, the causes, the orders. `verdict_counts`: `exit_failed` when towns
/// cannot dispatch.
int status(session& of, bool verdict_counts);
int version(session& of, const std::string& own);

}  // namespace townd::ctl
