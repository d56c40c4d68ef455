// A container that is replaced, through the real binary (incident rows G3, G4): how a drain ends,
// and what does not end it.

#include "process/whole_town.hpp"

namespace townd::test {
namespace {

using standin::behaviour;

class Drain : public whole_town {
protected:
    std::string evict() const {
        return said(town_.town_call("POST", "/container-eviction", json::object()).data(),
                    "drainNonce");
    }
    json ready(const std::string& nonce) const {
        return member(town_.town_call("POST", "/container-ready", {{"nonce", nonce}}).data(),
                      "cleared");
    }
    int beat(const std::string& agent, const std::string& instance) const {
        return town_
            .call("POST", "/agents/" + agent + "/heartbeat", {{"containerInstanceId", instance}})
            .status;
    }
};

TEST_F(Drain, G3IsOverByTheNewContainersWord) {
    auto opts = fast_standin();
    opts.mode = behaviour::no_progress;
    opts.drain_time = duration{100};
    opts.replace_time = duration{1'000};
    ASSERT_NO_FATAL_FAILURE(begin({}, opts));
    const auto bead = town_.make_bead("long work");
    ASSERT_TRUE(begins(bead)) << explain(bead);
    // Its end would be its own fault from here on.
    ASSERT_TRUE(wait_until([&] {
        const auto all = pages(daemon_).attempts(town_.id(), bead);
        return !all.empty() && member(all.front(), "survived_at").is_string();
    })) << explain(bead);
    const auto old_container = container_->instance();
    container_->drain();
    ASSERT_TRUE(wait_until([&] { return container_->live_agents() == 0 && draining(); }));
    ASSERT_TRUE(has(bead, "open")) << explain(bead);
    ASSERT_TRUE(container_->set_behaviour(behaviour::ok));
    // The daemon dies meanwhile: its successor knows of the drain, and of its nonce.
    daemon_.kill();
    ASSERT_TRUE(wait_until([&] { return container_->instance() != old_container; }));
    ASSERT_TRUE(daemon_.start_ready()) << daemon_.err();
    // Long before the drain's timeout of 7 minutes, and without a heartbeat: nobody lives there.
    EXPECT_TRUE(wait_until([&] { return !draining(); }, duration{60'000})) << explain(bead);
    EXPECT_EQ(told("the drain of its container is over: its new container is ready"), 1)
        << daemon_.err();
    EXPECT_TRUE(has(bead, "closed")) << explain(bead);
    EXPECT_EQ(town_.bead(bead)["dispatch_attempts"], 0);
    ASSERT_EQ(begun(bead).size(), 2U);
    EXPECT_EQ(said(body_of(begun(bead).back()), "startPoint"),
              "origin/" + said(body_of(begun(bead).front()), "branch"));
    for (const auto& start : container_->starts())
        EXPECT_TRUE(start.began) << "asked to start while it drained";
}

TEST_F(Drain, G4AnOldNonceLiftsNothing) {
    auto opts = fast_standin();
    opts.mode = behaviour::no_progress;
    ASSERT_NO_FATAL_FAILURE(begin({}, opts));
    const auto first = town_.make_bead("it runs");
    ASSERT_TRUE(begins(first)) << explain(first);
    const auto agent = begun(first).front().agent;
    ASSERT_EQ(beat(agent, container_->instance()), 200);

    const auto old_nonce = evict();
    ASSERT_FALSE(old_nonce.empty());
    EXPECT_EQ(evict(), old_nonce) << "one drain, said twice";
    EXPECT_EQ(ready(old_nonce), true);
    EXPECT_FALSE(draining());

    const auto nonce = evict();
    EXPECT_NE(nonce, old_nonce);
    EXPECT_EQ(ready(old_nonce), false);
    EXPECT_EQ(ready("guessed"), false);
    EXPECT_EQ(town_.town_call("POST", "/container-ready", json::object()).status, 400);
    EXPECT_EQ(said(drain_status(), "drainNonce"), nonce);
    // The container that goes may beat to its end: that lifts nothing either.
    EXPECT_EQ(beat(agent, container_->instance()), 200);
    EXPECT_TRUE(draining());
    const auto waits = town_.make_bead("it waits");
    EXPECT_TRUE(wait_until([&] {
        return said(pages(daemon_).explain(town_.id(), waits), "reason") == "TownDraining";
    })) << explain(waits);
    EXPECT_TRUE(begun(waits).empty());
    // Another container does.
    EXPECT_EQ(beat(agent, "another container"), 200);
    EXPECT_FALSE(draining());
    EXPECT_TRUE(begins(waits)) << explain(waits);
}

}  // namespace
}  // namespace townd::test
