// The mayor through the real binary: started by its first letter, handed the later ones, no burden
// while it waits.

#include "process/whole_town.hpp"

namespace townd::test {
namespace {

class Mayor : public whole_town {
protected:
    void begin_with_mayor() {
        // Silence is asked about late, so that only the cadence decides when the next tick is.
        ASSERT_NO_FATAL_FAILURE(
            begin({{"reconciler.idle_interval", "60s"}, {"dispatch.heartbeat_timeout", "10m"}}));
        mayor_ = agent("mayor");
        sender_ = agent("polecat");
        ASSERT_FALSE(mayor_.empty());
        ASSERT_FALSE(sender_.empty());
    }
    std::string agent(const std::string& role) const {
        return said(town_.call("POST", "/agents/get-or-create", {{"role", role}}).data(), "id");
    }
    // The letter's bead.
    std::string write(const std::string& subject) const {
        const auto sent = town_.call("POST", "/mail",
                                     {{"from_agent_id", sender_},
                                      {"to_agent_id", mayor_},
                                      {"subject", subject},
                                      {"body", "Please look."}});
        EXPECT_EQ(sent.status, 201) << sent.body;
        return said(sent.data(), "id");
    }
    // A letter to the mayor belongs to no rig.
    bool delivered(const std::string& letter) const {
        return wait_until(
            [&] { return said(pages(daemon_).bead(town_.id(), letter), "status") == "closed"; });
    }
    bool waits() const {
        return wait_until([&] {
            return said(town_.call("GET", "/agents/" + mayor_).data(), "status") == "waiting";
        });
    }
    json messages_heard() const {
        const auto status =
            http_get(container_->address(), "/agents/" + mayor_ + "/status").parsed();
        return member(status, "messageCount");
    }

    std::string mayor_;
    std::string sender_;
};

TEST_F(Mayor, IsStartedOnceAndHandedWhatComesLater) {
    ASSERT_NO_FATAL_FAILURE(begin_with_mayor());
    const auto first = write("Good morning");
    EXPECT_TRUE(delivered(first)) << explain(first);
    ASSERT_TRUE(waits()) << daemon_.err();
    EXPECT_EQ(container_->starts_received("mayor"), 1U);
    EXPECT_EQ(messages_heard(), 1) << "the letter that it was started for is in its prompt";
    const auto prompt = said(body_of(container_->starts().front()), "prompt");
    EXPECT_NE(prompt.find("Good morning"), std::string::npos);
    EXPECT_NE(prompt.find("Please look."), std::string::npos);

    int heard = 1;
    for (const std::string subject : {"Lunch", "Good night"}) {
        const auto later = write(subject);
        EXPECT_TRUE(delivered(later)) << explain(later);
        EXPECT_EQ(messages_heard(), ++heard);
        ASSERT_TRUE(waits()) << "after " << subject;
    }
    EXPECT_EQ(container_->starts_received("mayor"), 1U) << "it runs: nobody starts it again";
    EXPECT_EQ(container_->live_agents(), 1U);
}

TEST_F(Mayor, ThatWaitsHoldsNoPace) {
    ASSERT_NO_FATAL_FAILURE(begin_with_mayor());
    const auto letter = write("Good morning");
    ASSERT_TRUE(delivered(letter)) << explain(letter);
    ASSERT_TRUE(waits());
    json town;
    EXPECT_TRUE(wait_until([&] {
        town = pages(daemon_).town(town_.id());
        const auto next = member(town, "next_tick_in_seconds");
        return next.is_number() && next.get<double>() > 20.0;
    })) << "the town goes on at the pace of one at work\n"
        << dump_json(town);
    // Work of others is seen at once all the same.
    const auto bead = town_.make_bead("task");
    EXPECT_TRUE(has(bead, "closed")) << explain(bead);
    EXPECT_EQ(container_->starts_received("mayor"), 1U);
}

}  // namespace
}  // namespace townd::test
