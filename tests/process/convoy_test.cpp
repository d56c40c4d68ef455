// Convoys through the real binary: beads that wait for each other, are reworked, drained, orphaned
// by a kill of the daemon, and land together.

#include <map>

#include "process/start_oracle.hpp"
#include "process/whole_town.hpp"

namespace townd::test {
namespace {

using standin::behaviour;
using names = std::vector<std::string>;

struct planned_bead {
    std::string title;
    names after;
};

class Convoy : public whole_town {
protected:
    void make(const std::vector<planned_bead>& plan, const json& more = json::object()) {
        plan_ = plan;
        json wanted = more;
        wanted["title"] = "New login";
        wanted["rig_id"] = town_.rig();
        wanted["beads"] = json::array();
        for (const auto& [title, after] : plan)
            wanted["beads"].push_back({{"title", title}, {"depends_on", after}});
        const auto made = town_.town_call("POST", "/convoys", wanted);
        ASSERT_EQ(made.status, 201) << made.body;
        id_ = said(member(made.data(), "convoy"), "id");
        for (const auto& bead : member(made.data(), "beads"))
            beads_[said(bead, "title")] = said(bead, "bead_id");
        ASSERT_EQ(beads_.size(), plan.size()) << made.body;
    }
    json convoy() const { return town_.town_call("GET", "/convoys/" + id_).data(); }
    bool ends_as(std::string_view status, duration patience = duration{60'000}) const {
        return wait_until([&] { return said(convoy(), "status") == status; }, patience);
    }
    std::vector<json> landings() const { return labelled("gt:convoy", "&type=merge_request"); }

    // Where in the record the work on a bead began first, and where its merge was handed in last.
    std::size_t first_start(const std::vector<json>& record, const std::string& bead) const {
        for (std::size_t i = 0; i < record.size(); ++i)
            if (said(record[i], "event") == "start" && said(record[i], "bead") == bead) return i;
        return record.size();
    }
    std::size_t last_merge(const std::vector<json>& record, const std::string& bead) const {
        std::size_t out = record.size();
        for (const auto& request : labelled("gt:merge-request"))
            if (said(member(request, "metadata"), "source_bead_id") == bead)
                for (std::size_t i = 0; i < record.size(); ++i)
                    if (said(record[i], "event") == "done" &&
                        said(record[i], "bead") == said(request, "bead_id"))
                        out = i;
        return out;
    }
    void expect_order_kept() const {
        const auto all = record();
        for (const auto& [title, after] : plan_)
            for (const auto& before : after) {
                const auto merged = last_merge(all, beads_.at(before));
                ASSERT_LT(merged, all.size()) << before;
                EXPECT_LT(merged, first_start(all, beads_.at(title)))
                    << title << " began before " << before << " was merged";
            }
    }
    std::string all_said() const { return dump_json(convoy()) + "\n" + daemon_.err(); }

    std::vector<planned_bead> plan_;
    std::string id_;
    std::map<std::string, std::string> beads_;  // By title.
};

TEST_F(Convoy, OfFiveBeadsLandsThroughReworkDrainAndKill) {
    auto opts = fast_standin();
    opts.work_time = duration{400};
    opts.drain_time = duration{100};
    opts.by_role = {{"refinery", behaviour::ask_changes}};
    ASSERT_NO_FATAL_FAILURE(begin({}, opts));
    ASSERT_NO_FATAL_FAILURE(
        make({{"a", {}}, {"b", {"a"}}, {"c", {"a"}}, {"d", {"b", "c"}}, {"e", {"d"}}}));
    const auto a = beads_["a"];
    const auto b = beads_["b"];

    // The first review of `a` asks for changes; the rework is done and the next review merges.
    const auto rework = wait_for_labelled("gt:rework");
    ASSERT_FALSE(rework.empty()) << all_said();
    ASSERT_TRUE(begins(rework)) << explain(rework);
    EXPECT_EQ(said(body_of(begun(rework).front()), "branch"),
              said(body_of(begun(a).front()), "branch"))
        << "the rework goes on with the branch under review";
    // From now on polecats stand still, so that the drain surely meets them at work.
    ASSERT_TRUE(container_->set_behaviour("polecat", behaviour::no_progress));
    ASSERT_TRUE(has(a, "closed")) << explain(a);
    EXPECT_EQ(town_.status(rework), "closed");

    ASSERT_TRUE(begins(b)) << explain(b);
    ASSERT_TRUE(begins(beads_["c"])) << explain(beads_["c"]);
    const auto old_container = container_->instance();
    container_->drain();
    container_->clear_roles();
    ASSERT_TRUE(wait_until([&] { return draining(); })) << all_said();
    ASSERT_TRUE(wait_until([&] { return container_->instance() != old_container; }));
    ASSERT_TRUE(wait_until([&] { return !draining(); }, duration{60'000})) << all_said();

    // What was put out goes on where it was left, and nobody is charged for it.
    ASSERT_TRUE(begins(b, 2)) << explain(b);
    const auto before = body_of(begun(b).front());
    const auto after = body_of(begun(b).back());
    EXPECT_EQ(said(before, "startPoint"), "origin/" + said(convoy(), "feature_branch"));
    EXPECT_EQ(said(after, "startPoint"), "origin/" + said(before, "branch"));
    EXPECT_NE(said(after, "prompt").find(said(before, "branch")), std::string::npos);
    EXPECT_EQ(town_.bead(b)["dispatch_attempts"], 0) << town_.bead(b);

    ASSERT_NO_FATAL_FAILURE(kill_and_start());
    EXPECT_TRUE(ends_as("closed")) << all_said();
    EXPECT_TRUE(parse_time(said(convoy(), "landed_at"))) << all_said();
    EXPECT_EQ(convoy()["closed_beads"], 5);
    for (const auto& [title, id] : beads_) {
        EXPECT_EQ(town_.status(id), "closed") << title;
        EXPECT_EQ(town_.bead(id)["dispatch_attempts"], 0) << title;
    }
    ASSERT_EQ(landings().size(), 1U);
    EXPECT_EQ(said(landings().front(), "status"), "closed");
    for (const auto& start : container_->starts())
        EXPECT_TRUE(start.began) << "a start that had to be refused: " << start.role;
    EXPECT_EQ(start_oracle::read(log_file()).wrong, "");
    expect_order_kept();
}

TEST_F(Convoy, WithAFailedBeadIsNotLanded) {
    ASSERT_NO_FATAL_FAILURE(begin());
    ASSERT_NO_FATAL_FAILURE(
        make({{"fails", {}}, {"waits", {"fails"}}, {"works", {}}}, {{"staged", true}}));
    const auto fails = beads_["fails"];
    ASSERT_EQ(town_
                  .call("PATCH", "/beads/" + fails + "/status",
                        {{"status", "failed"}, {"agent_id", "somebody"}})
                  .status,
              200);
    EXPECT_TRUE(begun(beads_["works"]).empty()) << "a staged convoy has begun";
    ASSERT_EQ(town_.town_call("POST", "/convoys/" + id_ + "/start").status, 200);
    ASSERT_TRUE(ends_as("failed")) << all_said();
    const json over = convoy();
    EXPECT_TRUE(over["landed_at"].is_null()) << over;
    EXPECT_EQ(over["closed_beads"], 1) << "failed is not closed (incident row F8)";
    EXPECT_EQ(over["failed_beads"], 1);
    EXPECT_NE(said(over, "reason").find("1 of 3 beads failed"), std::string::npos) << over;
    EXPECT_EQ(town_.status(beads_["waits"]), "open");
    EXPECT_TRUE(begun(beads_["waits"]).empty()) << "work on what failed has begun";
    EXPECT_TRUE(landings().empty());

    // A person has it tried again: the convoy goes on, and lands.
    ASSERT_EQ(town_.call("POST", "/beads/" + fails + "/retry", {{"reason", "again"}}).status, 200);
    EXPECT_TRUE(ends_as("closed")) << all_said();
    EXPECT_TRUE(parse_time(said(convoy(), "landed_at"))) << all_said();
    EXPECT_EQ(landings().size(), 1U);
    expect_order_kept();
}

}  // namespace
}  // namespace townd::test
