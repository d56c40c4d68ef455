// Every command of townctl against the real daemon: what it prints, and how it ends.

#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <regex>

#include "process/http_client.hpp"
#include "process/pages.hpp"
#include "process/standin_thread.hpp"
#include "process/townctl_run.hpp"

namespace townd::test {
namespace {

using words = std::vector<std::string>;

// Two towns: one whose container refuses polecats, so that there is something to see, and a well
// one.
class Townctl : public testing::Test {
protected:
    void SetUp() override {
        daemon_.configure({{"dispatch.retry_backoff", "100ms"}});
        ASSERT_TRUE(daemon_.start_ready()) << daemon_.err();
        // Nothing listens on this port.
        ill_ = town_caller::make(daemon_.api(), "http://127.0.0.1:" + std::to_string(free_port()));
        well_ = town_caller::make(daemon_.api(), stage_.add().url());
        ASSERT_FALSE(ill_.id().empty() || well_.id().empty()) << daemon_.err();
    }
    void fail_once() {
        bead_ = ill_.make_bead("fix \x1b[31mthe\nroof");
        ASSERT_TRUE(wait_until([&] { return run({"errors", "-o", "name"}).out.size() > 1; }));
    }
    std::string socket() const { return (daemon_.data_dir() / "ctl.sock").string(); }
    townctl_outcome run(const words& arguments) { return townctl_(arguments); }
    // Its output without what changes from run to run.
    std::string shape(const words& arguments) {
        const auto got = run(arguments);
        EXPECT_EQ(got.code, 0) << got.err;
        std::string text = std::regex_replace(got.out, std::regex{ill_.id()}, "ILL");
        text = std::regex_replace(text, std::regex{well_.id()}, "WELL");
        text = std::regex_replace(text, std::regex{bead_.empty() ? "nobead" : bead_}, "BEAD");
        text = std::regex_replace(text, std::regex{"\\b\\d+(ms|[smhd])(\\d+[smh])?\\b"}, "SPAN");
        text = std::regex_replace(text, std::regex{"127\\.0\\.0\\.1:\\d+"}, "ADDRESS");
        return std::regex_replace(text, std::regex{" +"}, " ");
    }

    standin_thread stage_;
    daemon_process daemon_;
    town_caller ill_;
    town_caller well_;
    std::string bead_;
    townctl_run townctl_{{{"TOWND_SOCKET", socket()}}};
};

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

json parsed(const std::string& text) {
    auto value = parse_json(text);
    return value ? *std::move(value) : json();
}

TEST_F(Townctl, TheJsonIsTheDaemonsOwn) {
    // Two answers differ in times only; their members are the same, in the same order.
    const auto keys = [](const json& object) {
        words out;
        for (const auto& [key, value] : object.items())
            out.push_back(key);
        return out;
    };
    const auto asked = http_get(daemon_.pages(), "/debug/v1/overrides");
    const auto told = run({"overrides", "-o", "json"});
    EXPECT_EQ(keys(parsed(told.out)), keys(asked.parsed()));
    EXPECT_EQ(run({"--json", "town", well_.id()}).code, 0);
    const auto audit = http_get(daemon_.pages(), "/debug/v1/audit?limit=100").parsed();
    auto same = parsed(run({"audit", "-o", "json"}).out);
    same["as_of"] = audit["as_of"];
    same["generation"] = audit["generation"];
    EXPECT_EQ(same, audit);
}

TEST_F(Townctl, StatusIsTheVerdictAndFiveNumbers) {
    EXPECT_EQ(run({"status", "--exit-code"}).code, 0);
    fail_once();
    const auto text = shape({"status"});
    for (const char* line : {"\nTowns: ", "\nBreakers: ", "\nStarts: ", "\nWaiting: ",
                             "\nLast tick: SPAN ago", "\nCauses\n", "connect_refused"})
        EXPECT_TRUE(has(text, line)) << line << " is not in\n" << text;
    const auto verdict = parsed(run({"status", "-o", "json"}).out);
    EXPECT_EQ(text.substr(0, 8), said(verdict, "verdict").substr(0, 8));
    ASSERT_TRUE(wait_until([&] {
        return run({"status", "--exit-code"}).code == 1;
    })) << run({"status"}).out;
}

TEST_F(Townctl, ListsHaveTheirColumns) {
    fail_once();
    const auto towns = shape({"towns"});
    EXPECT_TRUE(towns.starts_with("TOWN NAME STATE OPEN RUNNING WAITING OLDEST SINCE PROBLEM\n"))
        << towns;
    EXPECT_TRUE(has(towns, "\nWELL "));
    EXPECT_TRUE(shape({"errors"}).starts_with("ERROR CODE ROLE TOWNS COUNT FIRST LAST MESSAGE\n"));
    EXPECT_TRUE(shape({"breakers", ill_.id()})
                    .starts_with("BREAKER STATE STAGE FAILURES OPENED NEXT TRY CAUSE\nILL/place/"));
    const auto attempts = shape({"attempts", ill_.id()});
    EXPECT_TRUE(attempts.starts_with("ATTEMPT AGE ROLE AGENT BEAD N TOOK OUTCOME CODE MESSAGE\n"));
    EXPECT_TRUE(has(attempts, " BEAD 1 ")) << attempts;
    const auto beads = shape({"beads", ill_.id()});
    EXPECT_TRUE(has(beads, "fix [31mthe roof")) << "control characters are gone: " << beads;
    EXPECT_FALSE(has(beads, "\x1b"));
    EXPECT_TRUE(has(shape({"config"}), "\napi.listen "));
    EXPECT_TRUE(has(run({"outages"}).err, "No outage"));
    EXPECT_EQ(run({"towns", "--no-headers", "-o", "name"}).out.size(),
              ill_.id().size() + well_.id().size() + 2);
    EXPECT_EQ(run({"towns", "-q", ill_.id(), "--fields", "town,beads.open", "--no-headers"}).out,
              ill_.id() + "  1\n");
    EXPECT_TRUE(has(run({"towns", "-o", "yaml"}).out, "- town: "));
    const auto rows = run({"towns", "-o", "jsonl"}).out;
    EXPECT_EQ(std::count(rows.begin(), rows.end(), '\n'), 2);
}

TEST_F(Townctl, DetailsTellWhatThereIs) {
    fail_once();
    const auto town = shape({"town", ill_.id()});
    for (const char* part :
         {"Town: ILL", "\nState: ", "\nBreakers\n", "\nBeads\n", "Last attempts"})
        EXPECT_TRUE(has(town, part)) << part << "\n" << town;
    const auto bead = shape({"bead", "show", ill_.id() + "/" + bead_});
    for (const char* part : {"Bead: BEAD", "Attempts: 0 of 5 charged", "\nFailures\n", "\nGates\n"})
        EXPECT_TRUE(has(bead, part)) << part << "\n" << bead;
    const auto attempt = run({"attempts", ill_.id(), "-o", "name", "--limit", "1"}).out;
    const auto id = attempt.substr(0, attempt.find('\n'));
    EXPECT_TRUE(has(shape({"attempt", id, "--town", ill_.id()}), "connect_refused in connect"));
    const auto error = run({"errors", "-o", "name"}).out;
    EXPECT_TRUE(has(shape({"error", error.substr(0, error.find('\n'))}), "Code: connect_refused"));
    const auto place = "place/" + ill_.rig() + "/polecat";
    const auto breaker = shape({"breaker", "show", ill_.id(), place});
    EXPECT_TRUE(has(breaker, "Breaker: ILL/" + place)) << breaker;
    EXPECT_TRUE(has(breaker, "Stage: cannot be started")) << breaker;
    EXPECT_TRUE(has(shape({"explain", ill_.id(), bead_}), "\nGates in order\n"));
    EXPECT_TRUE(has(shape({"explain", ill_.id()}), "BEAD DISPATCHABLE REASON DETAIL\nBEAD false "));
    EXPECT_TRUE(has(run({"version"}).out, "townd "));
    for (const words& unknown :
         {words{"town", "nope"}, words{"attempt", "nope", "--town", ill_.id()},
          words{"bead", "show", ill_.id(), "nope"}, words{"error", "nope"}, words{"outage", "nope"},
          words{"breaker", "show", ill_.id(), "place/-/mayor"}})
        EXPECT_EQ(run(unknown).code, 3) << unknown[0];
}

TEST_F(Townctl, ATownIsMeantByIdStartOrName) {
    std::string start;
    while (well_.id().starts_with(start) && ill_.id().starts_with(start))
        start = ill_.id().substr(0, start.size() + 1);
    EXPECT_TRUE(has(run({"town", start}).out, ill_.id()));
    const auto name = said(parsed(run({"town", ill_.id(), "-o", "json"}).out), "name");
    const auto both = run({"town", name});
    EXPECT_EQ(both.code, 64) << "both towns have this name";
    EXPECT_TRUE(has(both.err, ill_.id()) && has(both.err, well_.id())) << both.err;
    EXPECT_TRUE(has(run({"town", ill_.id() + "x"}).err, "did you mean '" + ill_.id() + "'"));
}

TEST_F(Townctl, OrdersTakeEffectAndEnd) {
    EXPECT_EQ(run({"pause", ill_.id(), "--reason", "x", "--dry-run"}).code, 2);
    EXPECT_EQ(run({"pause", ill_.id(), "--reason", "look", "--for", "10m", "--wait"}).code, 0);
    EXPECT_TRUE(has(shape({"overrides"}), "pause town ILL - "));
    EXPECT_EQ(run({"wait", ill_.id(), "--for", "dispatching", "--timeout", "300ms"}).code, 4);
    EXPECT_EQ(run({"resume", ill_.id(), "--reason", "seen", "--wait"}).code, 0);
    EXPECT_EQ(run({"wait", ill_.id(), "--for=dispatching", "--timeout", "20s"}).code, 0);
    EXPECT_EQ(run({"drain", well_.id(), "--reason", "move", "--wait", "--timeout", "20s"}).code, 0);
    EXPECT_EQ(run({"wait", well_.id(), "--for", "drained", "--timeout", "20s"}).code, 0);
    EXPECT_EQ(run({"undrain", well_.id(), "--reason", "back"}).code, 0);
    EXPECT_TRUE(has(shape({"audit"}), " drain "));
    EXPECT_EQ(run({"pause", "--all", "--reason", "x"}).code, 64) << "not without --yes";
    EXPECT_TRUE(has(run({"overrides"}).err, "No orders"));
    EXPECT_EQ(run({"pause", "--role", "polecat", "--reason", "x", "--yes"}).code, 0);
    EXPECT_EQ(run({"resume", "--role", "polecat", "--reason", "x", "--yes"}).code, 0);
    EXPECT_EQ(run({"wait", ill_.id(), "--for", "drained", "--timeout", "soon"}).code, 64);
}

TEST_F(Townctl, BreakersAndBeadsTakeOrders) {
    const auto place = "place/" + well_.rig() + "/polecat";
    EXPECT_EQ(run({"breaker", "force-open", well_.id(), place, "--reason", "x"}).code, 0);
    EXPECT_TRUE(
        has(shape({"breakers", "--state", "forced_open"}), "WELL/" + place + " forced_open"));
    EXPECT_EQ(run({"wait", well_.id(), "--for", "breaker-closed", "--timeout", "300ms"}).code, 4);
    EXPECT_EQ(run({"breaker", "clear", well_.id() + "/" + place, "--reason", "x"}).code, 0);
    EXPECT_EQ(run({"wait", well_.id(), "--for", "breaker-closed", "--timeout", "20s"}).code, 0);
    EXPECT_EQ(run({"breaker", "reset", "--state", "open", "--reason", "x"}).code, 64);
    EXPECT_EQ(run({"breaker", "reset", "--state", "open", "--expect-count", "9", "--yes",
                   "--reason", "x"})
                  .code,
              5);
    const auto made = run(
        {"bead", "add", well_.id(), "fix the roof", "--body", "it leaks", "--api", daemon_.api()});
    ASSERT_EQ(made.code, 0) << made.err;
    const auto bead = made.out.substr(0, made.out.find(' '));
    EXPECT_TRUE(wait_until([&] { return well_.status(bead) == "closed"; }));
    EXPECT_EQ(run({"retry", well_.id(), "nope", "--reason", "x"}).code, 3);
    EXPECT_EQ(run({"bead", "reset-attempts", ill_.id(), "nope", "--reason", "x"}).code, 3);
    EXPECT_EQ(run({"dry-run", well_.id()}).code, 0);
}

TEST_F(Townctl, AWrongLineIsSixtyFourAndSaysWhatWasMeant) {
    const auto typo = run({"staus"});
    EXPECT_EQ(typo.code, 64);
    EXPECT_TRUE(has(typo.err, "did you mean 'status'")) << typo.err;
    EXPECT_TRUE(typo.out.empty());
    for (const words& wrong : {words{}, words{"town"}, words{"status", "-o", "xml"},
                               words{"towns", "--limit", "0"}, words{"pause", "--nope"}})
        EXPECT_EQ(run(wrong).code, 64);
    EXPECT_EQ(run({"--help"}).code, 0);
    EXPECT_TRUE(run({"pause", "--help"}).out.starts_with("Examples:\n"));
}

TEST_F(Townctl, NobodyThereIsSixtyNineAndSaysWhereItLooked) {
    townctl_run lost{{{"TOWND_SOCKET", "/nowhere/ctl.sock"}}};
    const auto named = lost({"status"});
    EXPECT_EQ(named.code, 69);
    EXPECT_TRUE(has(named.err, "/nowhere/ctl.sock: No such file")) << named.err;
    EXPECT_EQ(lost({"__complete", "towns", ""}).code, 0) << "a shell hears nothing of it";
    EXPECT_TRUE(lost({"__complete", "towns", ""}).err.empty());
    townctl_run over_tcp{{{"TOWND_ADDR", daemon_.pages()}}};
    EXPECT_EQ(over_tcp({"status"}).code, 0);
    EXPECT_EQ(over_tcp({"pause", ill_.id(), "--reason", "x"}).code, 77);
    EXPECT_TRUE(has(run({"__complete", "towns", ill_.id().substr(0, 6)}).out, ill_.id()));
}

TEST_F(Townctl, ATownIsBackedUpAndRestoredWhileTowndStands) {
    const auto bead = ill_.make_bead("keep me");
    const scratch_dir dir;
    const auto townd = [&](words arguments) {
        arguments.insert(arguments.begin(), {"--config", daemon_.config_file().string()});
        child run({arguments, dir.path(), {}});
        return run.wait();
    };
    const auto file = (dir.path() / "town").string();
    EXPECT_EQ(townd({"backup", ill_.id(), file}), 75) << "a daemon runs";
    ASSERT_EQ(daemon_.stop(), 0);
    EXPECT_EQ(townd({"backup", ill_.id(), file}), 0);
    EXPECT_EQ(townd({"backup", ill_.id(), file}), 5) << "it is there already";
    EXPECT_EQ(townd({"backup", "nope", file + "2"}), 3);
    child same(
        {{"ctl", "backup", ill_.id(), file + "3", "--config", daemon_.config_file().string()},
         dir.path(),
         {}});
    EXPECT_EQ(same.wait(), 0) << same.err();
    EXPECT_TRUE(std::filesystem::exists(file + "3"));
    EXPECT_EQ(townd({"restore", ill_.id(), file}), 5) << "the town exists";
    EXPECT_EQ(townd({"restore", ill_.id(), file, "--replace"}), 0);
    ASSERT_TRUE(daemon_.start_ready()) << daemon_.err();
    ill_.move_to(daemon_.api());
    EXPECT_EQ(said(ill_.bead(bead), "title"), "keep me");
}

TEST_F(Townctl, EventsAreFollowedUntilItIsInterrupted) {
    const auto following = townctl_.begin({"events", "-f", "--type", "attempt_failed"});
    fail_once();
    EXPECT_TRUE(wait_until([&] { return has(following->out(), "attempt_failed"); }))
        << following->out() << following->err();
    following->signal(SIGINT);
    EXPECT_EQ(following->wait(), 130) << following->err();
    EXPECT_TRUE(has(shape({"events", ill_.id(), "--type", "attempt_failed"}),
                    "AT SEVERITY TYPE TOWN TEXT\n"));
    EXPECT_EQ(run({"events", "--type", "nonsense"}).code, 64);
}

TEST_F(Townctl, WatchGoesOnUntilItIsInterrupted) {
    const auto watching = townctl_.begin({"watch", "--interval", "100ms"});
    ASSERT_TRUE(wait_until([&] {
        const auto out = watching->out();
        const auto first = out.find("\nTowns: ");
        return first != std::string::npos && out.find("\nTowns: ", first + 1) != std::string::npos;
    })) << watching->err();
    EXPECT_FALSE(has(watching->out(), "\x1b")) << "no terminal, no escapes";
    watching->signal(SIGINT);
    EXPECT_EQ(watching->wait(), 130);
}

}  // namespace
}  // namespace townd::test
