#include "config/option_table.hpp"

#include <array>

#include "config/text_checks.hpp"

namespace townd::config {
namespace {

using std::chrono::hours;

constexpr duration shortest{10};  // Short enough for tests that scale everything down.
constexpr duration longest = hours{24};
constexpr duration week = 7 * longest;
constexpr duration ten_years = 3650 * longest;

constexpr std::array<std::string_view, 5> levels{"trace", "debug", "info", "warn", "error"};
constexpr std::array<std::string_view, 3> outage_modes{"off", "observe", "act"};
constexpr std::array<std::string_view, 3> per_town_modes{"none", "unhealthy", "all"};
constexpr std::array<std::string_view, 5> formats{"auto", "journald", "json", "logfmt", "text"};

// NOLINTBEGIN(bugprone-macro-parentheses): the argument is a member path.
// Where in `settings` a key's value lives.
#define TOWND_AT(member) [](settings& s) -> decltype((s.member)) { return s.member; }
// NOLINTEND(bugprone-macro-parentheses)

constexpr std::string_view listen_form = "host:port";
constexpr std::string_view listen_pattern =
    R"(^(\[[0-9A-Za-z.:%]+\]|[0-9A-Za-z._-]+):)"
    R"((0|[1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])$)";
constexpr std::string_view public_url_pattern = R"(^https?://[^/?#@{}<>"\\ ]+(/[^?#{}<>"\\ ]*)?$)";
constexpr std::string_view container_url_pattern =
    R"(^https?://([^/?#@{}<>"\\ ]|\{town\})+(/([^?#{}<>"\\ ]|\{town\})*)?$)";

struct section {
    std::string_view name;
    std::string_view help;
};
constexpr std::array sections{
    section{"api", "The API that containers, agents and services call."},
    section{"debug", "Pages for people at /debug, and /metrics."},
    section{"ctl", "Where townctl gives orders: pause, drain, breakers, retries."},
    section{"reconciler", "How often a town is looked at when no event asks for it."},
    section{"containers", "Where agents run."},
    section{"towns", "The work on towns."},
    section{"dispatch", "Starting agents."},
    section{"progress", "Agents that live and get nowhere."},
    section{"breaker", "When starts are held back."},
    section{"breaker.agent", "One agent that cannot be started."},
    section{"retry", "How a role in a rig that fails is tried again: its own waits, one budget."},
    section{"outage", "One cause in many towns: when it is said, and what is done about it."},
    section{"metrics", "Which towns /metrics names."},
    section{"log", "What the daemon writes of itself."},
};

const std::array table{
    option{"data_dir", true, "Where the towns' databases are; one daemon per directory.",
           path_option{TOWND_AT(data_dir)},
           "The default is for trying things out. The daemon holds a lock on it while it runs.",
           "/var/lib/townd"},
    option{"durability", true,
           "full: an acknowledged write survives loss of power; normal: only of the process.",
           switch_option{TOWND_AT(durable_full), "full", "normal"}},

    option{"api.listen", true, "Address of the town API.",
           text_option{TOWND_AT(api.listen), check_listen, listen_form, listen_pattern},
           "Without token_file and jwt_secret_file it must be an address of this machine. There is "
           "no TLS here: for other machines, a proxy on this one that ends TLS is the safe way."},
    option{"api.public_url", true, "What containers call; null: made from api.listen.",
           optional_text_option{TOWND_AT(api.public_url), check_public_url, "an http or https URL",
                                public_url_pattern}},
    option{"api.token_file", true, "Holds the bearer token of operators and services.",
           optional_path_option{TOWND_AT(api.token_file)},
           "At least 16 bytes. A relative name is looked for under $CREDENTIALS_DIRECTORY first."},
    option{"api.jwt_secret_file", true, "Holds the secret that containers' tokens are signed with.",
           optional_path_option{TOWND_AT(api.jwt_secret_file)},
           "null: one is made and kept in data_dir. A relative name is looked for under "
           "$CREDENTIALS_DIRECTORY first."},
    option{"api.socket", true, "Unix socket that serves the API without a token.",
           optional_path_option{TOWND_AT(api.socket)}},

    option{"debug.listen", true, "Address of the pages at /debug and of /metrics.",
           text_option{TOWND_AT(debug.listen), check_listen, listen_form, listen_pattern},
           "An address that other machines reach is refused unless allow_insecure is true. A proxy "
           "on this machine that ends TLS and asks who is there is the safe way."},
    option{"debug.token_file", true,
           "Holds the bearer token of operators that write over TCP; null: nobody does.",
           optional_path_option{TOWND_AT(debug.token_file)},
           "At least 32 bytes. A relative name is looked for under $CREDENTIALS_DIRECTORY first."},
    option{"debug.read_token_file", true,
           "Holds the token that readers over TCP must show; null: whoever reaches the port reads.",
           optional_path_option{TOWND_AT(debug.read_token_file)},
           "At least 32 bytes, as a bearer or as the password that a browser asks for. /livez and "
           "/readyz stay open."},
    option{"debug.allow_insecure", true,
           "true: other machines may reach debug.listen, in clear text.",
           switch_option{TOWND_AT(debug.allow_insecure), "true", "false"},
           "Pages name towns, beads and error texts. Said again in the log at every start."},

    option{"ctl.socket", true, "Unix socket of townctl; null: ctl.sock in data_dir.",
           optional_path_option{TOWND_AT(ctl.socket)}},

    option{"reconciler.interval", false, "Longest time between ticks of a town with work.",
           span_option{TOWND_AT(policy.reconciler.interval), shortest, longest}},
    option{"reconciler.idle_interval", false,
           "The same of a town without work. At least `interval`.",
           span_option{TOWND_AT(policy.reconciler.idle_interval), shortest, longest}},

    option{"containers.url", false, "Where a town's container is; {town} becomes the town's id.",
           text_option{TOWND_AT(containers.url), check_container_url, "an http or https URL",
                       container_url_pattern},
           "A town whose own configuration has a container_url is called there instead."},
    option{"containers.ca_file", true, "Certificates to trust for https; null: the system's.",
           optional_path_option{TOWND_AT(containers.ca_file)}},

    option{"containers.health_interval", false,
           "A container that gave no sign of life for so long is asked for its health.",
           span_option{TOWND_AT(policy.upkeep.health_interval), shortest, longest},
           "Only where restart_url or restart_program is set; breakers need no such question."},
    option{"containers.restart_program", false,
           "Run, with the town's id, when a container fails three health checks in a row.",
           optional_path_option{TOWND_AT(containers.restart_program)},
           "At most three times in 30 minutes for a town. No shell; killed after a minute."},
    option{"containers.restart_url", false, "Called instead, where no program is set.",
           optional_text_option{TOWND_AT(containers.restart_url), check_container_url,
                                "an http or https URL", container_url_pattern},
           "A POST of {town_id, reason}; {town} in the address becomes the town's id."},

    option{"towns.keep_history", false,
           "Events of beads that are over, read letters and delivered nudges are kept so long.",
           span_option{TOWND_AT(policy.upkeep.keep_history), hours{1}, ten_years}},
    option{"towns.max_megabytes", false,
           "No bead is made in a town whose file is bigger; all else goes on.",
           whole_option{TOWND_AT(towns.max_megabytes), 16, 1'000'000}},
    option{"towns.threads", true, "Threads that tick towns and write their databases.",
           whole_option{TOWND_AT(towns.threads), 1, 64},
           "More than cores pays: a durable commit waits for the disk."},

    option{"dispatch.connect_timeout", false,
           "Resolve, connect and TLS together. At most start_timeout.",
           span_option{TOWND_AT(policy.dispatch.connect_timeout), shortest, longest}},
    option{"dispatch.start_timeout", false, "The whole exchange that starts an agent.",
           span_option{TOWND_AT(policy.dispatch.start_timeout), shortest, longest}},
    option{"dispatch.status_timeout", false, "The exchange that asks after an agent.",
           span_option{TOWND_AT(policy.dispatch.status_timeout), shortest, longest}},
    option{"dispatch.survive_for", false, "Alive this long, with a heartbeat, proves an agent.",
           span_option{TOWND_AT(policy.dispatch.survive_for), shortest, longest}},
    option{"dispatch.heartbeat_timeout", false, "Silence after which an agent counts as lost.",
           span_option{TOWND_AT(policy.dispatch.heartbeat_timeout), shortest, longest}},
    option{"dispatch.max_in_flight", false, "Starts that await their answer, all towns together.",
           whole_option{TOWND_AT(policy.dispatch.max_in_flight), 1, 10000}},
    option{"dispatch.max_per_town", false, "Live and starting agents of a town, mayor apart.",
           whole_option{TOWND_AT(policy.dispatch.max_per_town), 1, 1000}},
    option{"dispatch.max_polecats_per_rig", false, "Live and starting polecats of a rig.",
           whole_option{TOWND_AT(policy.dispatch.max_polecats_per_rig), 1, 50}},
    option{"dispatch.max_polecats_per_town", false, "Live and starting polecats of a town.",
           whole_option{TOWND_AT(policy.dispatch.max_polecats_per_town), 1, 1000}},
    option{"dispatch.max_refineries_per_town", false, "Live and starting refineries of a town.",
           whole_option{TOWND_AT(policy.dispatch.max_refineries_per_town), 1, 1000}},
    option{"dispatch.max_starting", false, "Starts of one container that await their answer.",
           whole_option{TOWND_AT(policy.dispatch.max_starting), 1, 100}},
    option{"dispatch.starts_per_second", false, "Starts of the whole daemon in any second.",
           whole_option{TOWND_AT(policy.dispatch.starts_per_second), 1, 10000}},
    option{"dispatch.slow_start", false,
           "A role without a success for so long starts one agent at a time; 0s: off.",
           span_option{TOWND_AT(policy.dispatch.slow_start), duration{0}, longest}},
    option{"dispatch.starts_per_hour", false, "Starts of a town within an hour, mayor apart.",
           whole_option{TOWND_AT(policy.dispatch.starts_per_hour), 1, 100000}},
    option{"dispatch.failed_starts_per_hour", false, "Of those, failed ones.",
           whole_option{TOWND_AT(policy.dispatch.failed_starts_per_hour), 1, 100000}},
    option{"dispatch.max_attempts", false, "Sessions that may fail by a bead's own fault.",
           whole_option{TOWND_AT(policy.dispatch.max_attempts), 1, 100}},
    option{"dispatch.retry_backoff", false, "Wait after a failure that was not the bead's.",
           span_option{TOWND_AT(policy.dispatch.retry_backoff), shortest, longest}},
    option{"dispatch.work_backoff", false, "Wait after a failure of the work; doubles each time.",
           span_option{TOWND_AT(policy.dispatch.work_backoff), shortest, longest}},
    option{"dispatch.max_backoff", false, "Longest work_backoff.",
           span_option{TOWND_AT(policy.dispatch.max_backoff), shortest, longest}},

    option{"progress.nudge_after", false,
           "An agent that shows no progress for so long, and runs no tool, is asked to go on.",
           span_option{TOWND_AT(policy.progress.nudge_after), shortest, week},
           "Progress is the last event that its container reports, not a heartbeat."},
    option{"progress.escalate_after", false, "Then it is told urgently, and triage is called.",
           span_option{TOWND_AT(policy.progress.escalate_after), shortest, week}},
    option{"progress.stop_after", false, "Then it is stopped; its session counts against its bead.",
           span_option{TOWND_AT(policy.progress.stop_after), shortest, week}},

    option{"breaker.agent.failures", false, "Failures in a row that open it.",
           whole_option{TOWND_AT(policy.breaker.agent.failures), 1, 100}},
    option{"breaker.agent.open", false, "First open time; it doubles each time.",
           span_option{TOWND_AT(policy.breaker.agent.open), shortest, longest}},
    option{"breaker.agent.max_open", false, "Longest open time.",
           span_option{TOWND_AT(policy.breaker.agent.max_open), shortest, longest}},
    option{"breaker.agent.jitter", false, "Open times are spread by this share.",
           real_option{TOWND_AT(policy.breaker.agent.jitter), 0.0, 0.9}},
    option{"breaker.agent.probe_timeout", false,
           "A probe without a result by then has failed. Longer than start_timeout.",
           span_option{TOWND_AT(policy.breaker.agent.probe_timeout), shortest, 2 * longest}},
    option{"breaker.agent.rate_percent", false,
           "Share of failures among the last `samples` results that opens it.",
           whole_option{TOWND_AT(policy.breaker.agent.rate_percent), 1, 100}},
    option{"breaker.agent.samples", false, "Results that the share is taken of; 0 turns it off.",
           whole_option{TOWND_AT(policy.breaker.agent.samples), 0, 32}},

    option{"retry.per_hour", false,
           "Tries of the whole fleet that may fail within an hour, beside each town's first.",
           whole_option{TOWND_AT(policy.retry.per_hour), 1, 10000},
           "The retry budget: all probes of all towns are paid from it, whatever they fail for."},
    option{"retry.burst", false, "Probes at once after a quiet time.",
           whole_option{TOWND_AT(policy.retry.burst), 1, 100}},
    option{"retry.first", false, "Wait after the first and the second failure in a row.",
           span_option{TOWND_AT(policy.retry.first), shortest, longest}},
    option{"retry.then", false, "Wait after the third failure; it doubles with each more.",
           span_option{TOWND_AT(policy.retry.then), shortest, longest}},
    option{"retry.max", false, "Longest wait.",
           span_option{TOWND_AT(policy.retry.max), shortest, longest}},
    option{"retry.sweeps_per_town", false,
           "Quick tries of a town that may fail in recovery sweeps within an hour.",
           whole_option{TOWND_AT(policy.retry.sweeps_per_town), 0, 100}},
    option{"retry.slow_after", false, "A try without an answer for so long holds up no other.",
           span_option{TOWND_AT(policy.retry.slow_after), shortest, longest}},
    option{"retry.relapse_within", false,
           "What fails so soon after its repair waits longer and needs more than one success.",
           span_option{TOWND_AT(policy.retry.relapse_within), duration{0}, longest}},

    option{"outage.mode", false,
           "act: towns that fail share one budget; observe: only say what it would do; off.",
           mode_option{TOWND_AT(policy.outage.mode), outage_modes},
           "With observe and off each town tries by its own waits alone."},
    option{"outage.min_towns", false, "Towns that fail for one cause and make it an outage.",
           whole_option{TOWND_AT(policy.outage.min_towns), 2, 10000}},
    option{"outage.town_share_percent", false,
           "And the share of the towns with work that fail, for whatever cause.",
           whole_option{TOWND_AT(policy.outage.town_share_percent), 1, 100}},
    option{"outage.many_towns", false, "So many towns are an outage whatever their share.",
           whole_option{TOWND_AT(policy.outage.many_towns), 2, 100000}},
    option{"outage.lease", false, "A probe's answer is awaited for so long. Over start_timeout.",
           span_option{TOWND_AT(policy.outage.lease), shortest, 3 * longest}},

    option{"metrics.per_town", false,
           "none, unhealthy or all: towns that have a series of their own.",
           word_option{TOWND_AT(metrics.per_town), per_town_modes}},
    option{"metrics.per_town_limit", false, "Such series at most; more towns are only counted.",
           whole_option{TOWND_AT(metrics.per_town_limit), 1, 10000}},

    option{"log.level", false, "trace, debug, info, warn or error.",
           word_option{TOWND_AT(log.level), levels}},
    option{"log.format", true, "auto, journald, json, logfmt or text.",
           word_option{TOWND_AT(log.format), formats}},
};

#undef TOWND_AT

}  // namespace

std::string_view section_help(std::string_view name) noexcept {
    for (const section& each : sections)
        if (each.name == name) return each.help;
    return {};
}

std::span<const option> option_table() noexcept {
    return table;
}

const option* find_option(std::string_view key) noexcept {
    for (const option& each : table)
        if (each.key == key) return &each;
    return nullptr;
}

bool is_section(std::string_view key) noexcept {
    for (const option& each : table)
        if (each.key.size() > key.size() && each.key.starts_with(key) &&
            each.key[key.size()] == '.')
            return true;
    return false;
}

}  // namespace townd::config
