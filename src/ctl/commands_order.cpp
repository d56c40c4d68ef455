#include <array>
#include <memory>

#include "ctl/command_line.hpp"
#include "ctl/names.hpp"
#include "ctl/orders.hpp"
#include "ctl/reads.hpp"
#include "ctl/upkeep.hpp"

namespace townd::ctl {
namespace {

struct order_options {
    order_words words;
    order_target to;
    patience until;
};
struct breaker_options {
    order_words words;
    breaker_target to;
};
struct bead_options {
    order_words words;
    std::string town;
    std::string bead;
    bool forget_attempts = false;
};

void add_words(CLI::App& to, order_words& words, bool ends, bool many) {
    to.add_option("--reason", words.reason, "why; asked for on a terminal");
    to.add_flag("--dry-run", words.dry_run, "change nothing; exit 2 when it would");
    if (many) to.add_flag("-y,--yes", words.yes, "more than one town is meant");
    if (!ends) return;
    to.add_option("--for,--ttl", words.ttl,
                  "how long: 1h (the default) to 24h, or none with --confirm")
        ->type_name("TIME");
    to.add_flag("--confirm", words.without_end_is_meant, "yes, without an end");
}

struct verb {
    const char* name;
    const char* help;
    bool ends;  ///< Takes --for.
};

void add_order(command_line& to, const verb& what) {
    auto o = std::make_shared<order_options>();
    const std::string name = what.name;
    std::string examples = "  townctl " + name + " TOWN --reason 'look first'\n  townctl " + name +
                           " --all --yes --reason 'an incident'";
    if (what.ends) examples += "\n  townctl " + name + " TOWN --for 2h --wait --reason 'a move'";
    auto& made = to.add(to.app(), name, what.help, examples, [o, name](session& of) {
        return order(of, name, o->to, o->words, o->until);
    });
    made.add_option("TOWN,--town", o->to.town, town_help);
    made.add_flag("--all", o->to.all, "the whole daemon");
    made.add_option("--rig", o->to.rig, "one rig of the town");
    made.add_option("--role", o->to.role, "of one role, in the town or everywhere")
        ->check(CLI::IsMember({"polecat", "refinery", "mayor"}));
    add_words(made, o->words, what.ends, true);
    made.add_flag("--wait", o->until.wait, "until it has its effect; exit 4 when not in time");
    made.add_option("--timeout", o->until.timeout, "of --wait")->type_name("TIME");
}

void add_breaker_order(command_line& to, CLI::App& group, const verb& what) {
    auto o = std::make_shared<breaker_options>();
    const std::string name = what.name;
    auto& made =
        to.add(group, name, what.help,
               "  townctl breaker " + name +
                   " TOWN place/RIG/polecat --reason 'it is repaired'\n  townctl breaker " + name +
                   " --state open --role polecat --expect-count 151 --yes --reason 'as "
                   "agreed'",
               [o, name](session& of) {
                   split_at_slash(o->to.town, o->to.key);
                   return order_breaker(of, name, o->to, o->words);
               });
    made.add_option("TOWN,--town", o->to.town, town_help);
    made.add_option("KEY", o->to.key,
                    "place/RIG/ROLE or agent/RIG/ROLE/NAME; RIG is - for the mayor");
    made.add_option("--state", o->to.states, "of many: open, half_open, forced_open, ...")
        ->delimiter(',')
        ->type_name("STATE,...");
    made.add_option("--scope", o->to.scopes, "of many: place, agent")
        ->delimiter(',')
        ->type_name("SCOPE,...");
    made.add_option("--role", o->to.roles, "of many: polecat, refinery, mayor")
        ->delimiter(',')
        ->type_name("ROLE,...");
    made.add_option("--cause", o->to.cause, "of many: part of the cause");
    made.add_option("--expect-count", o->to.expect_count, "of many: how many you mean");
    add_words(made, o->words, what.ends, true);
}

void add_bead_order(command_line& to, CLI::App& group, const verb& what,
                    const std::string& in_route) {
    auto o = std::make_shared<bead_options>();
    const std::string path = group.get_parent() == nullptr ? "" : group.get_name() + " ";
    auto& made = to.add(group, what.name, what.help,
                        "  townctl " + path + what.name + " TOWN BEAD --reason 'the host is back'",
                        [o, in_route](session& of) {
                            split_at_slash(o->town, o->bead);
                            std::vector<std::string> verbs{in_route};
                            if (o->forget_attempts) verbs.insert(verbs.begin(), "reset-attempts");
                            return order_bead(of, verbs, o->town, o->bead, o->words);
                        });
    made.add_option("TOWN", o->town, "as in TOWN BEAD, or TOWN/BEAD in one word")->required();
    made.add_option("BEAD", o->bead, "its id");
    if (in_route == "retry-now")
        made.add_flag("--reset-attempts", o->forget_attempts, "forget the attempts charged, too");
    add_words(made, o->words, false, false);
}

void add_bead_add(command_line& to, CLI::App& group) {
    auto o = std::make_shared<new_bead>();
    auto& made = to.add(group, "add", "make a bead, through the town API",
                        "  townctl bead add TOWN 'fix the roof' --body 'it leaks'\n"
                        "  townctl bead add TOWN 'fix the roof' --rig app --api-token-file FILE",
                        [o](session& of) { return add_bead(of, *o); });
    made.add_option("TOWN", o->town, town_help)->required();
    made.add_option("TITLE", o->title, "what is to be done")->required();
    made.add_option("--rig", o->rig, "id or name; not needed when the town has one");
    made.add_option("--body", o->body, "all that is to be known");
    made.add_option("--type", o->type, "issue (the default), message, escalation, ...");
    made.add_option("--priority", o->priority, "low, medium (the default), high, critical");
    made.add_option("--label", o->labels, "may be given more than once")->delimiter(',');
    made.add_option("--api", o->api, "api.listen or api.socket; else as the daemon's config says")
        ->type_name("HOST:PORT|FILE");
    made.add_option("--api-token-file", o->token_file, "holds the API's token ($api.token_file)")
        ->type_name("FILE");
}

}  // namespace

void add_orders(command_line& to) {
    constexpr std::array<verb, 4> orders{
        {{"pause", "no new starts; what runs goes on", true},
         {"resume", "end a pause", false},
         {"drain", "no new starts, until nothing runs any more", true},
         {"undrain", "end a drain", false}}};
    for (const auto& each : orders)
        add_order(to, each);
    auto& breaker =
        to.add(to.app(), "breaker", "show one breaker, or order one or many",
               "  townctl breaker show TOWN place/RIG/polecat\n"
               "  townctl breaker probe TOWN place/RIG/polecat --reason 'it is repaired'",
               nullptr);
    auto o = std::make_shared<breaker_options>();
    auto& shown = to.add(breaker, "show", "one breaker and its history",
                         "  townctl breaker show TOWN place/RIG/polecat", [o](session& of) {
                             split_at_slash(o->to.town, o->to.key);
                             return show_breaker(of, o->to.town, o->to.key);
                         });
    shown.add_option("TOWN", o->to.town, "as in TOWN KEY, or TOWN/KEY in one word")->required();
    shown.add_option("KEY", o->to.key,
                     "place/RIG/ROLE or agent/RIG/ROLE/NAME; RIG is - for the mayor");
    constexpr std::array<verb, 5> breakers{{{"force-open", "let nothing through", true},
                                            {"force-closed", "let everything through", true},
                                            {"clear", "end a forced state", false},
                                            {"reset", "close it and forget its failures", false},
                                            {"probe", "try once now", false}}};
    for (const auto& each : breakers)
        add_breaker_order(to, breaker, each);
}

void add_bead_commands(command_line& to) {
    auto& bead = to.add(to.app(), "bead", "show, make or retry a bead",
                        "  townctl bead show TOWN BEAD\n  townctl bead add TOWN 'fix the roof'\n"
                        "  townctl bead retry TOWN BEAD --reason 'the host is back'",
                        nullptr);
    auto o = std::make_shared<bead_options>();
    auto& shown = to.add(bead, "show", "one bead: gates, failures, attempts, events",
                         "  townctl bead show TOWN BEAD", [o](session& of) {
                             split_at_slash(o->town, o->bead);
                             return show_bead(of, o->town, o->bead);
                         });
    shown.add_option("TOWN", o->town, "as in TOWN BEAD, or TOWN/BEAD in one word")->required();
    shown.add_option("BEAD", o->bead, "its id");
    add_bead_add(to, bead);
    const verb retry{"retry", "open a failed bead, or end the wait of another", false};
    add_bead_order(to, bead, retry, "retry-now");
    add_bead_order(to, bead, {"reset-attempts", "forget the attempts charged", false},
                   "reset-attempts");
    add_bead_order(to, to.app(), retry, "retry-now");
}

}  // namespace townd::ctl
