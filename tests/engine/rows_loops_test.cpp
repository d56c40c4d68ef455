// Incident rows F: loops in the higher rules. Days pass in milliseconds.

#include <algorithm>

#include "engine/actor_rig.hpp"
#include "engine/permits.hpp"
#include "town/concerns.hpp"
#include "townd/decide/reconcile.hpp"

namespace townd::engine::test {
namespace {

std::vector<bead> beads_of(actor_rig& rig, bead_type type) {
    return rig.read<std::vector<bead>>([&](town::context& ctx) {
        store::bead_filter filter;
        filter.type = type;
        filter.limit = 1000;
        return ctx.store.list_beads(filter);
    });
}

int labelled(actor_rig& rig, std::string_view label) {
    const auto all = rig.issues();
    return static_cast<int>(
        std::count_if(all.begin(), all.end(), [&](const bead& b) { return b.has_label(label); }));
}

void add_request(actor_rig& rig, const bead_id& about) {
    rig.act([&](town::context& ctx) {
        town::open_request(ctx, {"stuck_agent", std::nullopt, about, "rig-1", "look at it"});
    });
}

bead_id add_held(actor_rig& rig) {
    bead_id id;
    rig.act([&](town::context& ctx) {
        town::new_bead wanted;
        wanted.title = "held";
        wanted.rig = "rig-1";
        wanted.labels = {"gt:held"};
        auto made = town::create_bead(ctx, wanted);
        ASSERT_TRUE(made);
        id = made->id;
    });
    return id;
}

// Kilo #965, #988, #997: the failure count of a triage rose by itself.
TEST(IncidentF1, ATriageThatCannotStartIsOneBeadWithTheBackoffOfAllOthers) {
    actor_rig rig;
    rig.add_rig();
    rig.container.on_start = [](const http_call&) { return refused_connect(); };
    const auto about = add_held(rig);
    add_request(rig, about);
    rig.run_for(hours{20});
    EXPECT_EQ(labelled(rig, town::triage_label), 1) << "no batch made another";
    EXPECT_LE(rig.container.starts(), 20 * 8) << "probes of the breaker, and no more";
    EXPECT_GE(rig.container.starts(), 20) << "and it never gives up";
    expect_uncharged(rig);

    rig.container.on_start = nullptr;
    EXPECT_TRUE(rig.run_until([&] { return !rig.container.running.empty(); }, minutes{15}));
    rig.say_done(rig.container.running.begin()->first);
    EXPECT_EQ(labelled(rig, town::triage_label), 2) << "a second and last look at what is open";
    expect_permits(rig);
}

TEST(IncidentF1, TriagesThatResolveNothingEndWithOneEscalation) {
    actor_rig rig;
    rig.add_rig();
    const auto about = add_held(rig);
    add_request(rig, about);
    rig.each_beat = [&](const agent_id& agent) {
        rig.container.running.erase(agent);
        rig.say_done(agent);
    };
    rig.run_for(hours{50});
    EXPECT_EQ(labelled(rig, town::triage_label), triage_batches_max);
    EXPECT_EQ(rig.container.starts(), triage_batches_max);
    EXPECT_EQ(beads_of(rig, bead_type::escalation).size(), 1U);
    const auto all = rig.issues();
    EXPECT_EQ(std::count_if(all.begin(), all.end(),
                            [](const bead& b) {
                                return b.has_label(town::triage_request_label) &&
                                       b.status == bead_status::open;
                            }),
              0);
}

TEST(IncidentF1, ATriageWhoseAgentsFailIsBoundedToo) {
    actor_rig rig;
    rig.add_rig();
    add_request(rig, add_held(rig));
    rig.each_beat = [&](const agent_id& agent) {
        rig.container.running.erase(agent);
        rig.say_completed(agent, true, "the model gave up");
    };
    rig.run_for(hours{50});
    EXPECT_LE(labelled(rig, town::triage_label), triage_batches_max);
    EXPECT_LE(rig.container.starts(),
              triage_batches_max * rig.settings->rules.dispatch.max_attempts);
    EXPECT_EQ(beads_of(rig, bead_type::escalation).size(), 1U);
}

bead_id add_convoy(actor_rig& rig, int members, const std::optional<std::string>& branch,
                   std::vector<bead_id>* ids = nullptr) {
    rig.act([&](town::context& ctx) {
        bead c;
        c.id = "convoy-1";
        c.type = bead_type::convoy;
        c.title = "five together";
        c.rig = "rig-1";
        c.created_at = c.updated_at = ctx.now;
        ctx.store.insert_bead(c);
        ctx.store.put_convoy({"convoy-1", members, 0, {}, branch, "review-then-land", false});
        for (int i = 0; i < members; ++i) {
            bead b;
            b.id = "member-" + std::to_string(i);
            b.title = b.id;
            b.rig = "rig-1";
            b.created_at = b.updated_at = ctx.now;
            ctx.store.insert_bead(b);
            ctx.store.add_dependency({b.id, "convoy-1", "tracks", std::nullopt});
            if (ids != nullptr) ids->push_back(b.id);
        }
        ctx.out.wake = true;
    });
    return "convoy-1";
}

// All agents are done at their first beat; refineries say what `review` says of theirs.
void work_off(actor_rig& rig, const std::function<bool(const bead&)>& merges) {
    rig.each_beat = [&rig, merges](const agent_id& agent) {
        const auto all = rig.agents();
        const auto a = std::find_if(all.begin(), all.end(),
                                    [&](const auto& each) { return each.id == agent; });
        rig.container.running.erase(agent);
        if (a == all.end() || a->role != agent_role::refinery || !a->hook) {
            rig.say_done(agent);
            return;
        }
        const bead request = rig.bead_now(*a->hook);
        if (merges(request)) {
            rig.say_done(agent);
            return;
        }
        rig.act([&](town::context& ctx) {
            EXPECT_TRUE(town::review_completed(ctx, request.id, town::review_verdict::failed, "no",
                                               std::nullopt));
        });
    };
}

TEST(Convoys, LandByOneMergeRequestOfTheirBranch) {
    actor_rig rig;
    rig.add_rig();
    const auto id = add_convoy(rig, 3, "convoy/five/head");
    work_off(rig, [](const bead&) { return true; });
    rig.run_for(hours{2});
    EXPECT_EQ(rig.bead_now(id).status, bead_status::closed) << rig.bead_now(id).reason;
    const auto row = rig.read<store::convoy>(
        [&](town::context& ctx) { return *ctx.store.find_convoy("convoy-1"); });
    EXPECT_TRUE(row.landed_at);
    EXPECT_EQ(row.closed_beads, 3);
    EXPECT_EQ(row.total_beads, 3);
    const auto requests = beads_of(rig, bead_type::merge_request);
    EXPECT_EQ(requests.size(), 4U);
    EXPECT_EQ(std::count_if(requests.begin(), requests.end(),
                            [](const bead& b) { return b.title.starts_with("Land: "); }),
              1);
    expect_permits(rig);
}

// Kilo #2260: 2 convoys, 42 minutes, 240 failed merge requests.
TEST(IncidentF4, ALandingThatAlwaysFailsIsTriedFiveTimesAndTheConvoyFailsOnce) {
    actor_rig rig;
    rig.add_rig();
    const auto id = add_convoy(rig, 2, "convoy/five/head");
    work_off(rig, [](const bead& b) { return !b.title.starts_with("Land: "); });
    rig.run_for(hours{48});
    const auto requests = beads_of(rig, bead_type::merge_request);
    EXPECT_EQ(std::count_if(requests.begin(), requests.end(),
                            [](const bead& b) { return b.title.starts_with("Land: "); }),
              landing_tries_max);
    EXPECT_EQ(rig.bead_now(id).status, bead_status::failed);
    EXPECT_NE(rig.bead_now(id).reason.find("landing failed 5 times"), std::string::npos)
        << rig.bead_now(id).reason;
    EXPECT_EQ(rig.journal.count("convoy_failed"), 1);
}

TEST(IncidentF4, ALandingThatCannotEvenBeMadeCountsAsATry) {
    actor_rig rig;
    rig.add_rig();
    const auto id = add_convoy(rig, 2, "convoy/five/head");
    work_off(rig, [](const bead&) { return true; });
    rig.act([&](town::context& ctx) {
        auto c = ctx.store.find_bead(id);
        c->rig = "no-such-rig";
        ctx.store.put_bead(*c);
    });
    rig.run_for(hours{48});
    EXPECT_EQ(rig.bead_now(id).status, bead_status::failed) << rig.bead_now(id).reason;
    EXPECT_EQ(beads_of(rig, bead_type::merge_request).size(), 2U) << "of its beads only";
}

TEST(IncidentF8, AConvoyWithFailedBeadsIsNotLanded) {
    actor_rig rig;
    rig.add_rig();
    std::vector<bead_id> members;
    const auto id = add_convoy(rig, 5, "convoy/five/head", &members);
    work_off(rig, [](const bead&) { return true; });
    rig.act([&](town::context& ctx) {
        for (int i = 0; i < 3; ++i) {
            auto b = ctx.store.find_bead(members[static_cast<std::size_t>(i)]);
            town::cancel_bead(ctx, *b, bead_status::failed, "cannot be done");
        }
    });
    rig.run_for(hours{5});
    EXPECT_EQ(rig.bead_now(id).status, bead_status::failed);
    EXPECT_NE(rig.bead_now(id).reason.find("3 of 5 beads failed"), std::string::npos)
        << rig.bead_now(id).reason;
    const auto row = rig.read<store::convoy>(
        [&](town::context& ctx) { return *ctx.store.find_convoy("convoy-1"); });
    EXPECT_FALSE(row.landed_at);
    EXPECT_EQ(row.closed_beads, 2);
}

// A forge that answers as told.
class scripted_forge final : public pull_requests {
public:
    bool asks() const noexcept override { return true; }
    void ask(std::string, std::function<void(pr_answer)> done) override {
        ++asked;
        done(says);
    }
    int asked = 0;
    pr_answer says;
};

bead_id add_pull_request(actor_rig& rig) {
    const auto id = rig.add_issue("work");
    EXPECT_TRUE(rig.run_until([&] { return !rig.container.running.empty(); }, minutes{5}));
    rig.act([&](town::context& ctx) {
        const auto agent = ctx.store.agents().front().id;
        EXPECT_TRUE(
            town::done(ctx, agent, std::nullopt, {"branch", "https://forge.test/pr/1", "summary"}));
    });
    rig.container.running.clear();
    rig.run_for(minutes{1});
    return id;
}

struct forge_rig : actor_rig {
    forge_rig() {
        env->forge = &forge;
        act([](town::context& ctx) {
            auto meta = ctx.store.meta();
            meta.config_json = R"({"merge_strategy":"pr","refinery":{"code_review":false}})";
            ctx.store.put_meta(meta);
        });
        add_rig();
    }
    scripted_forge forge;
    [[nodiscard]] bead request() { return beads_of(*this, bead_type::merge_request).front(); }
};

// Kilo #1632, #3149: polls without a token each tick, 604 violations an hour.
TEST(IncidentF11, APullRequestIsAskedAboutOnceAMinuteAtMost) {
    forge_rig rig;
    add_pull_request(rig);
    const int before = rig.forge.asked;
    rig.run_for(hours{3});
    EXPECT_LE(rig.forge.asked - before, 3 * 60 + 1);
    EXPECT_GE(rig.forge.asked - before, 3 * 60 - 10);
    EXPECT_EQ(rig.request().status, bead_status::in_progress);
    rig.forge.says.state = pr_state::merged;
    rig.run_for(minutes{2});
    EXPECT_EQ(rig.request().status, bead_status::closed);
    EXPECT_EQ(rig.with_status(bead_status::closed), 1);
}

TEST(IncidentF11, EachKindOfTroubleHasItsOwnPatience) {
    for (const auto& [trouble, asks] :
         {std::pair{pr_trouble::permanent, 1}, std::pair{pr_trouble::invalid_response, 3},
          std::pair{pr_trouble::transient, 10}}) {
        forge_rig rig;
        rig.forge.says.trouble = trouble;
        rig.forge.says.text = "no_token: the town has none";
        rig.container.on_start =
            [&, first = true](const http_call& call) mutable -> std::optional<http_answer> {
            if (!first) return answer_of(503, R"({"error":"Container is draining"})");
            first = false;
            rig.container.running[agent_of(call)] = "x";
            return answer_of(201, R"({"agentId":")" + agent_of(call) + R"(","status":"running"})");
        };
        const auto issue = add_pull_request(rig);
        rig.run_for(minutes{30});
        EXPECT_EQ(rig.forge.asked, asks);
        EXPECT_EQ(rig.request().status, bead_status::failed);
        EXPECT_NE(rig.request().reason.find("no_token"), std::string::npos) << rig.request().reason;
        EXPECT_EQ(rig.journal.count("pull_request_given_up"), 1);
        EXPECT_EQ(rig.bead_now(issue).status, bead_status::open) << "nothing is lost";
    }
}

TEST(IncidentF11, WithoutAForgePostedEventsSayTheSameAndSilenceIsAPersonsBusinessAfterADay) {
    forge_rig rig;
    rig.env->forge = nullptr;
    add_pull_request(rig);
    rig.run_for(hours{20});
    EXPECT_TRUE(beads_of(rig, bead_type::escalation).empty());
    rig.run_for(hours{5});
    EXPECT_EQ(beads_of(rig, bead_type::escalation).size(), 1U);
    rig.act([&](town::context& ctx) {
        ctx.store.add_town_event("e1", "pr_status_changed", std::nullopt, std::nullopt,
                                 R"({"pr_url":"https://forge.test/pr/1","pr_state":"merged"})",
                                 ctx.now, false);
        ctx.out.wake = true;
    });
    EXPECT_EQ(rig.request().status, bead_status::closed);
    rig.run_for(minutes{1});
    EXPECT_EQ(beads_of(rig, bead_type::escalation).front().status, bead_status::closed)
        << "it goes with what it was about";
}

TEST(PullRequests, FeedbackAndConflictsAreOneBeadThatTheMergeRequestWaitsFor) {
    forge_rig rig;
    rig.env->forge = nullptr;
    add_pull_request(rig);
    const auto post = [&](const char* id, const char* type, const std::string& words) {
        rig.act([&](town::context& ctx) {
            ctx.store.add_town_event(
                id, type, std::nullopt, std::nullopt,
                R"({"pr_url":"https://forge.test/pr/1","feedback":")" + words + "\"}", ctx.now,
                false);
            ctx.out.wake = true;
        });
    };
    post("e1", "pr_feedback_detected", "rename it");
    post("e2", "pr_conflict_detected", "main moved");
    EXPECT_EQ(labelled(rig, "gt:pr-feedback"), 1);
    EXPECT_EQ(labelled(rig, "gt:pr-conflict"), 1);
    EXPECT_EQ(rig.issues().size(), 2U) << "the work and one bead for both";
    EXPECT_TRUE(rig.run_until([&] { return !rig.container.running.empty(); }, minutes{5}));
    rig.say_done(rig.container.running.begin()->first);
    EXPECT_EQ(rig.with_status(bead_status::closed), 1);
    EXPECT_EQ(rig.request().status, bead_status::in_progress) << "followed on";
}

// Kilo #1487: 31,000 reports of violations in two days.
TEST(IncidentF12, AnInvariantThatStaysBrokenIsToldOnceAndOnceWhenItHolds) {
    actor_rig rig;
    rig.add_rig();
    add_convoy(rig, 0, std::nullopt);
    const auto put = [&](bead_status status) {
        rig.act([&](town::context& ctx) {
            auto c = ctx.store.find_bead("convoy-1");
            c->status = status;
            ctx.store.put_bead(*c);
            ctx.out.wake = true;
        });
    };
    put(bead_status::in_review);
    EXPECT_EQ(rig.journal.count("invariant_broken"), 0) << "for a moment it may be";
    rig.run_for(hours{48});
    EXPECT_EQ(rig.journal.count("invariant_broken"), 1);
    EXPECT_EQ(rig.summary->invariants_broken, 1);
    ASSERT_EQ(rig.summary->invariants.size(), 1U);
    EXPECT_NE(rig.summary->invariants[0].find("convoy convoy-1 is in_review"), std::string::npos)
        << rig.summary->invariants[0];
    put(bead_status::open);
    EXPECT_EQ(rig.journal.count("invariant_holds"), 1);
    EXPECT_EQ(rig.summary->invariants_broken, 0);
    EXPECT_EQ(rig.summary->invariants_ever, 1U);
}

}  // namespace
}  // namespace townd::engine::test
