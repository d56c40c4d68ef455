// Whole flows: an operator's day, a database of the original, and explain against the tick.

#include <SQLiteCpp/SQLiteCpp.h>

#include <map>
#include <random>

#include "engine/actor_rig.hpp"
#include "engine/explain.hpp"
#include "town/agents.hpp"

namespace townd::engine::test {
namespace {

void finish_on_beat(actor_rig& rig) {
    rig.each_beat = [&rig](const agent_id& agent) {
        const auto named = rig.container.running[agent];
        rig.container.running.erase(agent);
        rig.say_done(agent, named.empty() ? std::nullopt : std::optional{named});
    };
}

TEST(Flow, ThreeBeadsGoFromOpenOverReviewToClosed) {
    actor_rig rig;
    rig.add_rig();
    std::vector<bead_id> beads;
    for (int i = 0; i < 3; ++i)
        beads.push_back(rig.add_issue("bead " + std::to_string(i)));
    EXPECT_EQ(rig.with_status(bead_status::in_progress), 3);
    finish_on_beat(rig);
    EXPECT_TRUE(
        rig.run_until([&] { return rig.with_status(bead_status::closed) == 3; }, minutes{10}));
    rig.run_for(seconds{10});
    EXPECT_EQ(rig.container.starts(), 6);  // Three polecats, three reviews by one refinery.
    EXPECT_TRUE(rig.container.running.empty());
    for (const auto& id : beads) {
        const auto events = rig.read<std::vector<store::bead_event>>(
            [&](town::context& ctx) { return ctx.store.bead_events(std::nullopt, id, 100); });
        std::vector<std::string> path;
        for (const auto& e : events)
            if (e.type == "status_changed" || e.type == "closed")
                path.push_back(e.new_value.value_or(""));
        EXPECT_EQ(path, (std::vector<std::string>{"in_progress", "in_review", "closed"}));
    }
    for (const auto& a : rig.agents()) {
        EXPECT_EQ(a.status, agent_status::idle);
        EXPECT_FALSE(a.hook.has_value());
    }
    EXPECT_EQ(rig.summary->condition, town_condition::idle);
    EXPECT_EQ(rig.in_flight->used(), 0);
}

TEST(Flow, EveryStartCarriesItsTrace) {
    actor_rig rig;
    rig.add_rig();
    rig.add_issue("one");
    const std::scoped_lock lock(rig.container.mutex);
    int starts = 0;
    for (const auto& each : rig.container.log) {
        if (!each.is_start()) continue;
        ++starts;
        std::map<std::string, std::string> headers(each.call.headers.begin(),
                                                   each.call.headers.end());
        EXPECT_EQ(headers["X-Request-Id"], headers["X-Dispatch-Id"]);
        EXPECT_EQ(headers["traceparent"], traceparent_of(headers["X-Dispatch-Id"]));
    }
    EXPECT_EQ(starts, 1);
}

constexpr const char* original_town = R"sql(
CREATE TABLE beads(
    bead_id TEXT PRIMARY KEY, type TEXT NOT NULL, status TEXT NOT NULL DEFAULT 'open', title TEXT,
    body TEXT, rig_id TEXT, parent_bead_id TEXT, assignee_agent_bead_id TEXT,
    priority TEXT DEFAULT 'medium', labels TEXT DEFAULT '[]', metadata TEXT DEFAULT '{}',
    dispatch_attempts INTEGER NOT NULL DEFAULT 0, last_dispatch_attempt_at TEXT, created_by TEXT,
    created_at TEXT, updated_at TEXT, closed_at TEXT);
CREATE TABLE agent_metadata(
    bead_id TEXT PRIMARY KEY, role TEXT NOT NULL, identity TEXT NOT NULL UNIQUE,
    container_process_id TEXT, status TEXT NOT NULL DEFAULT 'idle', current_hook_bead_id TEXT,
    dispatch_attempts INTEGER NOT NULL DEFAULT 0, checkpoint TEXT, last_activity_at TEXT,
    agent_status_message TEXT, agent_status_updated_at TEXT, last_event_type TEXT,
    last_event_at TEXT, active_tools TEXT DEFAULT '[]', stalled_at TEXT);
CREATE TABLE town_events(
    event_id TEXT PRIMARY KEY, event_type TEXT NOT NULL, agent_id TEXT, bead_id TEXT,
    payload TEXT NOT NULL DEFAULT '{}', created_at TEXT NOT NULL, processed_at TEXT);
CREATE TABLE bead_dependencies(
    bead_id TEXT NOT NULL, depends_on_bead_id TEXT NOT NULL,
    dependency_type TEXT NOT NULL DEFAULT 'blocks', UNIQUE(bead_id, depends_on_bead_id));
CREATE TABLE rigs(
    id TEXT PRIMARY KEY, name TEXT NOT NULL, git_url TEXT NOT NULL DEFAULT '',
    default_branch TEXT NOT NULL DEFAULT 'main', config TEXT DEFAULT '{}',
    created_at TEXT NOT NULL);
INSERT INTO rigs VALUES('r1','rig','https://g/x','main','{}','2026-04-01T10:00:00.000Z');
)sql";

std::string original_bead(const std::string& id, const std::string& type, const std::string& status,
                          const std::string& assignee = "NULL") {
    return "INSERT INTO beads(bead_id,type,status,title,rig_id,assignee_agent_bead_id,created_at,"
           "updated_at) VALUES('" +
           id + "','" + type + "','" + status + "','" + id + "','r1'," + assignee +
           ",'2026-04-01 10:00:00','2026-04-01T10:00:00.000Z');";
}

std::string original_agent(const std::string& id, const std::string& status,
                           const std::string& hook) {
    return original_bead(id, "agent", "open") +
           "INSERT INTO agent_metadata(bead_id,role,identity,status,current_hook_bead_id,"
           "dispatch_attempts,last_activity_at) VALUES('" +
           id + "','polecat','" + id + "-polecat-r1@t1','" + status + "'," + hook +
           ",5,'2026-04-01 10:00:00');";
}

TEST(Flow, ATownOfTheOriginalIsWorkedOff) {
    actor_rig rig(false);
    {
        SQLite::Database raw(rig.files->town_file("t1").string(),
                             SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
        raw.exec(original_town + original_bead("alive", "issue", "in_progress", "'toast'") +
                 original_bead("silent", "issue", "in_progress", "'maple'") +
                 original_bead("hooked", "issue", "open", "'birch'") +
                 original_bead("finished", "issue", "in_progress", "'ember'") +
                 original_bead("stale", "issue", "open", "'nobody'") +
                 original_bead("was-failed", "issue", "failed") +
                 original_agent("toast", "working", "'alive'") +
                 original_agent("maple", "working", "'silent'") +
                 original_agent("birch", "idle", "'hooked'") +
                 original_agent("ember", "working", "'finished'") +
                 "INSERT INTO town_events VALUES"
                 "('e1','agent_done','ember','finished','{\"branch\":\"b\"}','2026-04-01 "
                 "10:00:01',NULL),"
                 "('e2','bead_created',NULL,'hooked','{}','2026-04-01T10:00:00.500Z',NULL),"
                 "('e3','bead_cancelled',NULL,'long-gone','{}','2026-04-01T10:00:00.500Z',NULL);");
    }
    rig.container.running["toast"] = "";
    rig.settle();
    EXPECT_EQ(rig.bead_now("finished").status, bead_status::in_review);
    EXPECT_EQ(rig.bead_now("hooked").status, bead_status::in_progress);
    EXPECT_EQ(rig.bead_now("silent").status, bead_status::in_progress);  // Silence counts from now.
    EXPECT_EQ(rig.attempts("hooked").at(0).agent, "birch");

    rig.run_for(seconds{80});
    EXPECT_TRUE(rig.attempts("alive").empty());  // It lives; nothing of ours was started on it.
    EXPECT_TRUE(rig.container.runs("toast"));
    finish_on_beat(rig);
    EXPECT_TRUE(
        rig.run_until([&] { return rig.with_status(bead_status::closed) == 5; }, minutes{20}));
    EXPECT_EQ(rig.bead_now("was-failed").status, bead_status::failed);
    EXPECT_TRUE(rig.attempts("was-failed").empty());
    EXPECT_TRUE(rig.attempts("alive").empty());
    EXPECT_EQ(rig.attempts("silent").size(), 1U);
    EXPECT_TRUE(rig.read<bool>([](town::context& ctx) {
        return ctx.store.pending_town_events(1).empty() && ctx.store.poison_events().empty();
    }));
    EXPECT_TRUE(rig.container.running.empty());
}

// One random thing that people, agents or containers do.
void random_operation(town::context& ctx, std::mt19937& random) {
    const auto pick = [&](const auto& all) -> const auto& {
        return all[random() % all.size()];
    };
    const auto rows = ctx.store.load_live();
    const auto agents = ctx.store.agents();
    switch (random() % 9) {
        case 0:
        case 1: {
            town::new_bead wanted;
            wanted.title = "random";
            wanted.rig = random() % 2 == 0 ? "rig-1" : "rig-2";
            wanted.priority = static_cast<bead_priority>(random() % 4);
            if (random() % 5 == 0) wanted.labels = {"gt:held"};
            if (!rows.beads.empty() && random() % 3 == 0) wanted.blocked_by = {pick(rows.beads).id};
            static_cast<void>(town::create_bead(ctx, wanted));
            return;
        }
        case 2:
            if (!rows.beads.empty())
                static_cast<void>(town::change_status(ctx, pick(rows.beads).id,
                                                      static_cast<bead_status>(random() % 5),
                                                      std::nullopt));
            return;
        case 3:
            if (!agents.empty())
                static_cast<void>(town::done(ctx, pick(agents).id, std::nullopt, {"b", {}, {}}));
            return;
        case 4:
            if (!agents.empty())
                static_cast<void>(town::completed(ctx, pick(agents).id, std::nullopt,
                                                  random() % 2 == 0, "random"));
            return;
        case 5:
            if (!agents.empty())
                static_cast<void>(town::heartbeat(ctx, pick(agents).id, std::nullopt, {}));
            return;
        case 6:
            if (!agents.empty() && !rows.beads.empty())
                static_cast<void>(town::hook(ctx, pick(agents).id, pick(rows.beads).id));
            return;
        case 7:
            if (!agents.empty()) static_cast<void>(town::unhook(ctx, pick(agents).id));
            return;
        default:
            if (!agents.empty() && random() % 4 == 0)
                static_cast<void>(town::delete_agent(ctx, pick(agents).id));
            return;
    }
}

void expect_plan_and_tick_agree(std::uint32_t seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random(seed);
    actor_rig rig(true, seed);
    rig.add_rig("rig-1");
    rig.add_rig("rig-2");
    rig.container.on_start = [&](const http_call& call) -> std::optional<http_answer> {
        switch (random() % 6) {
            case 0:
                return std::nullopt;
            case 1:
                return refused_connect();
            case 2:
                return answer_of(500, R"({"error":"no","phase":"clone"})");
            case 3:
                return answer_of(503, R"({"error":"draining"})");
            default:
                rig.container.running[agent_of(call)] = "";
                return answer_of(201, R"({"status":"running"})");
        }
    };
    for (int step = 0; step < 120 && !::testing::Test::HasFailure(); ++step) {
        std::set<bead_id> planned;
        bool only_starts = true;
        const int before = rig.container.starts();
        const std::size_t logged = rig.container.log.size();
        rig.inbox.push_back({[&](town::context& ctx) -> result<json> {
                                 random_operation(ctx, random);
                                 if (ctx.store.failed()) return *ctx.store.failed();
                                 ctx.out.wake = true;
                                 return json();
                             },
                             [](const result<json>& r) { EXPECT_TRUE(r) << r.error().what; },
                             false});
        rig.inbox.push_back({[&](town::context& ctx) -> result<json> {
                                 const auto next = plan_for(ctx);
                                 for (const auto& p : next.actions) {
                                     const auto* start = std::get_if<start_agent>(&p.what);
                                     only_starts = only_starts && start != nullptr;
                                     if (start != nullptr) planned.insert(start->work);
                                 }
                                 for (const auto& b : ctx.store.load_live().beads) {
                                     const auto one = plan_for(ctx, b.id);
                                     const bool known = one.explained.has_value();
                                     EXPECT_TRUE(known) << b.id;
                                     if (!known) continue;
                                     bool open = true;
                                     for (const auto& line : *one.explained) {
                                         open = open && line.passed;
                                         EXPECT_FALSE(line.detail.empty());
                                     }
                                     EXPECT_EQ(open, planned.contains(b.id))
                                         << "step " << step << " " << b.id;
                                 }
                                 return json();
                             },
                             [](const result<json>&) {}, true});
        rig.cycle();
        std::set<bead_id> started;
        for (std::size_t i = logged; i < rig.container.log.size(); ++i)
            if (rig.container.log[i].is_start())
                started.insert(text_of(rig.container.log[i].call, "beadId"));
        for (const auto& id : planned)
            EXPECT_TRUE(started.contains(id)) << "step " << step << ": planned, not started";
        const int sent = rig.container.starts() - before;
        EXPECT_GE(sent, static_cast<int>(planned.size()));
        if (only_starts) {
            EXPECT_EQ(sent, static_cast<int>(planned.size())) << "step " << step;
        }
        rig.settle();
        rig.run_for(seconds{random() % 4 == 0 ? 90 : static_cast<int>(random() % 7)});
    }
}

TEST(Explain, SaysWhatTheNextTickDoesOverRandomHistories) {
    for (std::uint32_t seed = 1; seed <= 8 && !HasFailure(); ++seed)
        expect_plan_and_tick_agree(seed);
}

}  // namespace
}  // namespace townd::engine::test
