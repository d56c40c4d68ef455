#pragma once
// The commands that change something. Each returns the exit code.

#include <optional>
#include <string>
#include <vector>

#include "ctl/session.hpp"

namespace townd::ctl {

/// What every order says beside its target.
struct order_words {
    std::string reason;  ///< Empty: asked for on a terminal, refused without one.
    std::string ttl;     ///< Empty: the daemon's usual time.
    bool without_end_is_meant = false;
    bool dry_run = false;
    bool yes = false;  ///< Many towns are meant.
};

struct order_target {
    std::string town;
    std::string rig;
    std::string role;
    bool all = false;
};

struct breaker_target {
    std::string town;
    std::string key;
    std::vector<std::string> states;
    std::vector<std::string> scopes;
    std::vector<std::string> roles;
    std::string cause;
    int expect_count = -1;

    [[nodiscard]] bool selects() const;
};

/// How long `--wait` waits.
struct patience {
    bool wait = false;
    std::string timeout = "5m";
};

/// `verb` as in the route: pause, resume, drain, undrain.
int order(session& of, const std::string& verb, const order_target& to, const order_words& words,
          const patience& until);
/// force-open, force-closed, clear, reset, probe.
int order_breaker(session& of, const std::string& verb, const breaker_target& to,
                  const order_words& words);
/// retry-now, reset-attempts.
int order_bead(session& of, const std::vector<std::string>& verbs, const std::string& town,
               const std::string& bead, const order_words& words);

/// What a write did, or would do, in a line or two.
[[nodiscard]] std::string write_text(const json& answer, bool dry_run);
/// Whether a dry run found something to change.
[[nodiscard]] bool would_change(const json& answer);
/// Asks for the reason on a terminal.
[[nodiscard]] outcome<std::string> reason_of(const std::string& given);
/// Whether many towns are meant: said, or answered on a terminal.
[[nodiscard]] outcome<void> consent(const order_words& words, const std::string& what);

}  // namespace townd::ctl
