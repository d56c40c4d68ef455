#pragma once
// A real fleet with an operator who asks things of it.

#include <future>
#include <thread>

#include "engine/actor_rig.hpp"
#include "engine/town_fleet.hpp"

namespace townd::engine::test {

class Operator : public ::testing::Test {
protected:
    void SetUp() override {
        auto taken = store::data_dir::take(dir.path);
        ASSERT_TRUE(taken.has_value());
        files.emplace(std::move(*taken));
        begin();
    }
    void begin() {
        fleet_options options;
        options.threads = 2;
        options.durability = store::durability::normal;
        towns.emplace(clock, container, journal, *files, counted_sources(clock, ++lives), settings,
                      options);
        ASSERT_TRUE(towns->start().has_value());
    }
    void restart() {
        towns.reset();
        {
            const std::scoped_lock lock(container.mutex);
            for (auto& one : container.log)
                one.done = nullptr;
        }
        begin();
    }
    bool wait_for(const std::function<bool()>& what) {
        const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{60};
        while (std::chrono::steady_clock::now() < end) {
            container.deliver();
            if (what()) return true;
            std::this_thread::sleep_for(std::chrono::milliseconds{1});
        }
        return false;
    }
    template <class Ask>
    result<json> answer_to(const Ask& ask) {
        auto came = std::make_shared<std::promise<result<json>>>();
        auto future = came->get_future();
        ask([came](result<json> r) { came->set_value(std::move(r)); });
        if (future.wait_for(std::chrono::seconds{60}) != std::future_status::ready)
            return failure{errc::internal, "no reply"};
        return future.get();
    }
    result<json> in(const town_id& town, town_work work) {
        return answer_to(
            [&](reply done) { towns->in_town(town, std::move(work), std::move(done)); });
    }
    town_id make_town() {
        const auto made = answer_to([&](reply done) {
            towns->create_town({"A town", "user"}, done);
        });
        const town_id id = made ? text_at(*made, "id").value_or("") : "";
        EXPECT_TRUE(in(id, [](town::context& ctx) -> result<json> {
            rig r;
            r.id = "rig-1";
            r.name = "rig";
            r.git_url = "https://git.test/x";
            ctx.store.insert_rig(r);
            return json();
        }));
        return id;
    }
    bead_id add_issue(const town_id& town) {
        const auto made = in(town, [](town::context& ctx) -> result<json> {
            town::new_bead wanted;
            wanted.title = "work";
            wanted.rig = "rig-1";
            auto b = town::create_bead(ctx, wanted);
            if (!b) return b.error();
            return json{{"id", b->id}};
        });
        EXPECT_TRUE(made.has_value());
        return made ? text_at(*made, "id").value_or("") : "";
    }
    /// One more cycle of the town that looks at everything.
    void look(const town_id& town) {
        EXPECT_TRUE(in(town, [](town::context& ctx) -> result<json> {
            ctx.out.wake = true;
            return json();
        }));
    }
    static operator_request asks(operator_verb verb) {
        operator_request out;
        out.verb = verb;
        out.by = "ada";
        out.reason = "a test";
        if (has_end(verb)) out.ttl = hours{1};
        return out;
    }
    static operator_request town_asks(operator_verb verb, const town_id& town) {
        auto out = asks(verb);
        out.scope = override_scope::town;
        out.town = town;
        return out;
    }
    static operator_request breaker_asks(operator_verb verb, const town_id& town) {
        auto out = asks(verb);
        out.town = town;
        out.key = place;
        return out;
    }
    static operator_request bead_asks(operator_verb verb, const town_id& town,
                                      const bead_id& bead) {
        auto out = asks(verb);
        out.town = town;
        out.bead = bead;
        return out;
    }
    result<json> operate(const operator_request& what) {
        return answer_to([&](reply done) { towns->operate(what, std::move(done)); });
    }
    std::vector<std::string> audited() {
        const auto said = answer_to([&](reply done) {
            towns->read_audit({100, std::nullopt}, done);
        });
        std::vector<std::string> out;
        if (said)
            for (const auto& row : said->at("items"))
                out.push_back(*text_at(row, "verb") + " " + *text_at(row, "target") + " " +
                              *text_at(row, "outcome"));
        return out;
    }
    int working(const town_id& town) {
        const auto s = towns->summary(town);
        return s ? s->agents_working : -1;
    }
    int waits_for(const town_id& town, gate_reason why) {
        const auto s = towns->summary(town);
        return s ? s->waiting.by_reason[static_cast<std::size_t>(why)] : -1;
    }
    static inline const std::string place = "place/rig-1/polecat";
    breaker_state container_of(const town_id& town) {
        const auto s = towns->summary(town);
        const auto found = s->breakers.find(place);
        return found == s->breakers.end() ? breaker_state::closed : found->second.state.state();
    }
    json bead_now(const town_id& town, const bead_id& id) {
        const auto said = in(town, [id](town::context& ctx) -> result<json> {
            const auto b = ctx.store.find_bead(id);
            if (!b) return failure{errc::not_found, "no bead"};
            return json{{"status", to_text(b->status)},
                        {"attempts", b->dispatch_attempts},
                        {"in_row", b->failures_in_row},
                        {"waits", b->next_attempt_at.has_value()},
                        {"parked", b->parked}};
        });
        return said ? *said : json();
    }

    temp_dir dir;
    virtual_clock clock;
    scripted_container container{clock};
    recording_journal journal;
    std::shared_ptr<town::settings> settings = shipped_settings();
    std::optional<store::data_dir> files;
    std::optional<town_fleet> towns;
    std::uint64_t lives = 0;
};

}  // namespace townd::engine::test
