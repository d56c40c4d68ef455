// townd and townctl: picks the command, nothing else.

#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>
#include <string_view>

#include "app/commands.hpp"
#include "app/config_commands.hpp"
#include "app/exit_codes.hpp"
#include "app/version.hpp"
#include "ctl/townctl.hpp"

namespace {

using namespace townd::app;

// CLI11's own exit codes are 100 and more; scripts expect sysexits.
int parse(CLI::App& app, int argc, char** argv) {
    try {
        app.parse(argc, argv);
        return -1;
    } catch (const CLI::ParseError& e) {
        const int code = app.exit(e);
        return code == 0 ? exit_ok : exit_usage;
    }
}

int run_townd(int argc, char** argv) {
    CLI::App app{"townd: a dispatch reconciler daemon with circuit breakers"};
    app.set_version_flag("--version", std::string{"townd "} + version);
    config_commands config{app};
    app.require_subcommand(0, 1);
    app.fallthrough();
    auto* serve_cmd = app.add_subcommand("serve", "run the daemon (the default)");
    config.add_subcommands();
    auto* demo_cmd = app.add_subcommand("demo", "a minute's story with stand-in containers");
    demo_options shown;
    demo_cmd->add_flag("--stay", shown.stay, "stay until Ctrl-C, also without a terminal");
    demo_cmd->add_option("--outage-for", shown.outage_for, "how long the outage lasts, as in 25s");
    stand_in_options stand;
    auto* stand_cmd = app.add_subcommand("stand-in", "a stand-in town container");
    stand_cmd->add_option("--listen", stand.listen, "address to listen on");
    stand_cmd->add_option("--behaviour", stand.behaviour,
                          "ok refuse hang-connect hang-response late http-500 http-500-empty "
                          "http-500-html http-500-truncated http-400 http-429 draining "
                          "start-then-die already-running reset garbage no-progress ask-changes");
    stand_cmd->add_option("--role", stand.roles, "ROLE=BEHAVIOUR, for starts of one role");
    stand_cmd->add_option("--work-time", stand.work_time, "how long an agent works");
    stand_cmd->add_option("--review-time", stand.review_time, "how long a refinery works");
    stand_cmd->add_option("--heartbeat", stand.heartbeat_every, "time between heartbeats");
    stand_cmd->add_option("--late-by", stand.late_by, "behaviour late: answer after this long");
    stand_cmd->add_option("--die-after", stand.die_after, "behaviour start-then-die");
    stand_cmd->add_option("--drain-time", stand.drain_time,
                          "POST /standin/drain: until agents are put out");
    stand_cmd->add_option("--replace-time", stand.replace_time,
                          "after that, until the next container answers");
    stand_cmd->add_option("--triage-action", stand.triage_action,
                          "how triage agents resolve requests, as RESTART or CLOSE_BEAD");
    stand_cmd->add_option("--start-log", stand.start_log, "file that gets a line per event");
    stand_cmd->add_flag("--fail-work", stand.fail_work, "agents report that they failed");
    stand_cmd->add_flag("--naive", stand.naive, "every start starts");
    simulate_options sim;
    auto* sim_cmd = app.add_subcommand("simulate", "play a scenario in virtual time: exit 0 or 1");
    sim_cmd->add_option("scenario", sim.scenario, "a file, or the name of a shipped scenario");
    sim_cmd->add_option("--set", sim.sets, "KEY=VALUE, over the file's, as in towns=40")
        ->allow_extra_args(false);
    sim_cmd->add_option("--seed", sim.seed, "of chance; the same seed gives the same run");
    sim_cmd->add_option("--json", sim.json, "file for the report; -: standard output");
    sim_cmd->add_option("--svg", sim.svg, "file for a picture; -: standard output");
    sim_cmd->add_option("--family", sim.family,
                        "draw incidents from this file (`family`: the shipped one)");
    sim_cmd->add_option("--count", sim.count, "so many of them, of seeds from --seed on")
        ->check(CLI::Range(1, 1'000'000));
    sim_cmd->add_flag("--figures", sim.figures, "list the figures that `must` may speak of");
    sim_cmd->add_flag("--list", sim.list, "list the shipped scenarios");
    sim_cmd->add_flag("--print", sim.print, "print the scenario's file, do not play it");
    town_copy_options copied;
    auto* backup_cmd = app.add_subcommand("backup", "copy a stopped townd's town into a file");
    auto* restore_cmd = app.add_subcommand("restore", "put such a file back, townd being stopped");
    for (auto* each : {backup_cmd, restore_cmd}) {
        each->add_option("TOWN", copied.town, "its id")->required();
        each->add_option("FILE", copied.file, "the copy; never overwritten")->required();
    }
    restore_cmd->add_flag("--replace", copied.replaces, "its present file goes to deleted/");
    adopt_options adopted;
    auto* adopt_cmd = app.add_subcommand("adopt", "take over towns that the original wrote");
    adopt_cmd->add_option("FILE", adopted.files, "databases of towns; only read")->required();
    adopt_cmd->add_option("--config", adopted.town_config,
                          "JSON beside the database: the town's configuration (townd's own is "
                          "given before the word adopt)");
    adopt_cmd->add_option("--data-dir", adopted.data_dir, "in place of the configured data_dir");
    adopt_cmd->add_option("--as", adopted.as, "the town's id, in place of the file's");
    adopt_cmd->add_flag("--dry-run", adopted.dry_run, "tell all, leave the data directory alone");
    adopt_cmd->add_flag("--json", adopted.as_json, "the report for programs");
    if (const int code = parse(app, argc, argv); code >= 0) return code;
    if (*adopt_cmd) return adopt(config.sources(), adopted);
    copied.restores = restore_cmd->parsed();
    if (*backup_cmd || *restore_cmd) return copy_town(config.sources(), copied);
    if (*sim_cmd) return simulate(sim);
    if (const auto code = config.run()) return *code;
    if (*demo_cmd) return demo(shown);
    if (*stand_cmd) return stand_in(stand);
    static_cast<void>(serve_cmd);
    return serve(config.sources());
}

}  // namespace

int main(int argc, char** argv) {
    try {
        const std::string name = std::filesystem::path(argc > 0 ? argv[0] : "townd").filename();
        if (name == "townctl") return townd::ctl::townctl(argc, argv, version);
        const bool asks = argc > 1 && std::string_view{argv[1]} == "ctl";
        return asks ? townd::ctl::townctl(argc - 1, argv + 1, version) : run_townd(argc, argv);
    } catch (const std::exception& e) {
        std::fprintf(stderr, "townd: internal error: %s\n", e.what());
        return exit_failed;
    }
}
