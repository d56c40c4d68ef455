#include "ctl/orders.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <iostream>

#include "ctl/output.hpp"
#include "ctl/waiting.hpp"
#include "townd/words/exit_codes.hpp"

namespace townd::ctl {
namespace {

trouble misuse(std::string what) {
    return {exit_usage, std::move(what), {}};
}

json body_of(const order_words& words, const std::string& reason) {
    json body = json::object();
    body["reason"] = reason;
    if (!words.ttl.empty()) body["ttl"] = words.ttl;
    if (words.without_end_is_meant) body["confirm"] = true;
    if (words.dry_run) body["dry_run"] = true;
    return body;
}

outcome<std::string> order_path(session& of, const std::string& verb, const order_target& to) {
    const bool somewhere = !to.town.empty() || !to.rig.empty() || !to.role.empty();
    if (to.all == somewhere)
        return misuse("say where: --all, or TOWN, or --role, or TOWN with --rig or --role");
    if (to.all) return "/debug/v1/dispatch:" + verb;
    if (!to.rig.empty() && !to.role.empty())
        return misuse("--rig and --role: give two orders, one for each");
    if (!to.rig.empty() && to.town.empty()) return misuse("--rig: name its TOWN, too");
    std::string town;
    if (!to.town.empty()) {
        const auto id = of.town(to.town);
        if (!id) return id.error();
        town = escaped(*id);
    }
    if (!to.rig.empty()) return "/debug/v1/towns/" + town + "/rigs/" + escaped(to.rig) + ":" + verb;
    if (!to.role.empty())
        return "/debug/v1/roles/" + escaped(to.role) + ":" + verb +
               (town.empty() ? "" : "?town=" + town);
    return "/debug/v1/towns/" + town + ":" + verb;
}

json selector_of(const breaker_target& to, const std::string& town) {
    json out = json::object();
    if (!town.empty()) out["town"] = json::array({town});
    if (!to.states.empty()) out["state"] = to.states;
    if (!to.scopes.empty()) out["scope"] = to.scopes;
    if (!to.roles.empty()) out["role"] = to.roles;
    if (!to.cause.empty()) out["cause"] = to.cause;
    return out;
}

outcome<std::string> breaker_path(const std::string& verb, const breaker_target& to,
                                  const std::string& town, json& body) {
    if (!to.key.empty()) {
        if (to.selects()) return misuse("name one breaker, or select many: not both");
        body["town"] = town;
        body["key"] = to.key;
        return "/debug/v1/breakers:" + verb;
    }
    if (!to.selects())
        return misuse(
            "name the breaker, as TOWN place/RIG/polecat, or select many with --state, --scope, "
            "--role, "
            "--cause or --expect-count");
    body["action"] = verb;
    body["selector"] = selector_of(to, town);
    if (to.expect_count >= 0) body["expect_count"] = to.expect_count;
    return std::string{"/debug/v1/breakers:batch"};
}

int tell(const session& of, const answer& got, const order_words& words) {
    show_object(of, got, cell(got.value, "audit_id"),
                [&](const json& value, const screen&) { return write_text(value, words.dry_run); });
    return words.dry_run && would_change(got.value) ? exit_would_change : exit_ok;
}

// `kind=pause by=root`; what does not apply is left out.
std::string in_short(const json& value) {
    if (value.is_null()) return {};
    if (!value.is_object()) return cell(value);
    std::string out;
    for (const auto& [key, each] : value.items())
        if (!each.is_null()) out += (out.empty() ? "" : " ") + key + "=" + cell(each);
    return out;
}

}  // namespace

bool breaker_target::selects() const {
    return !states.empty() || !scopes.empty() || !roles.empty() || !cause.empty() ||
           expect_count >= 0;
}

outcome<std::string> reason_of(const std::string& given) {
    if (!given.empty()) return given;
    const trouble none = misuse("--reason: say why; others will read it");
    if (::isatty(STDIN_FILENO) != 1) return none;
    std::fputs("Reason: ", stderr);
    std::string line;
    std::getline(std::cin, line);
    if (line.empty()) return none;
    return line;
}

outcome<void> consent(const order_words& words, const std::string& what) {
    if (words.yes || words.dry_run) return {};
    if (::isatty(STDIN_FILENO) != 1)
        return misuse("--yes: " + what + "; without a terminal to ask, say that it is meant");
    std::fprintf(stderr, "%s. Go on? [y/N] ", what.c_str());
    std::string line;
    std::getline(std::cin, line);
    if (line == "y" || line == "Y" || line == "yes") return {};
    return trouble{exit_failed, "nothing was done", {}};
}

int order(session& of, const std::string& verb, const order_target& to, const order_words& words,
          const patience& until) {
    const auto reason = reason_of(words.reason);
    if (!reason) return of.fail(reason.error());
    const auto path = order_path(of, verb, to);
    if (!path) return of.fail(path.error());
    if (to.town.empty())
        if (const auto sure = consent(words, "this is for every town"); !sure)
            return of.fail(sure.error());
    const auto got = of.post(*path, body_of(words, *reason));
    if (!got) return of.fail(got.error());
    const int code = tell(of, *got, words);
    if (!until.wait || words.dry_run) return code;
    return wait_for_order(of, verb, to, until);
}

int order_breaker(session& of, const std::string& verb, const breaker_target& to,
                  const order_words& words) {
    const auto reason = reason_of(words.reason);
    if (!reason) return of.fail(reason.error());
    std::string town;
    if (!to.town.empty()) {
        auto id = of.town(to.town);
        if (!id) return of.fail(id.error());
        town = *std::move(id);
    }
    json body = body_of(words, *reason);
    const auto path = breaker_path(verb, to, town, body);
    if (!path) return of.fail(path.error());
    if (town.empty())
        if (const auto sure = consent(words, "this is for the breakers of every town"); !sure)
            return of.fail(sure.error());
    const auto got = of.post(*path, body);
    return got ? tell(of, *got, words) : of.fail(got.error());
}

int order_bead(session& of, const std::vector<std::string>& verbs, const std::string& town,
               const std::string& bead, const order_words& words) {
    const auto reason = reason_of(words.reason);
    if (!reason) return of.fail(reason.error());
    const auto id = of.town(town);
    if (!id) return of.fail(id.error());
    int code = exit_ok;
    for (const auto& verb : verbs) {
        const auto got =
            of.post("/debug/v1/beads/" + escaped(*id) + "/" + escaped(bead) + ":" + verb,
                    body_of(words, *reason));
        if (!got) return of.fail(got.error());
        code = std::max(code, tell(of, *got, words));
    }
    return code;
}

bool would_change(const json& answer) {
    const auto before = answer.find("before");
    const auto after = answer.find("after");
    if (before == answer.end() || after == answer.end()) return false;
    if (const auto number = number_at(*before, "breakers")) return *number > 0;
    return *before != *after;
}

std::string write_text(const json& answer, bool dry_run) {
    std::string out;
    if (dry_run) {
        out = would_change(answer) ? "would change" : "would change nothing";
    } else if (member(answer, "applied") == true) {
        out = "done (" + cell(answer, "audit_id") + ")";
    } else {
        out = "nothing to change";
    }
    if (const auto until = cell(answer, "expires_at"); until != "-") out += ", until " + until;
    out += '\n';
    for (const char* part : {"before", "after"})
        if (const auto text = in_short(member(answer, part)); !text.empty())
            out += std::string{part} + ": " + text + "\n";
    return out;
}

}  // namespace townd::ctl
