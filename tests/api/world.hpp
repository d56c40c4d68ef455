#pragma once
// A fleet that runs its work at once on real town databases in a temporary directory, the API on
// top of it, and words to ask it with. Nothing ticks: what a call did is what is there.

#include <gtest/gtest.h>

#include <filesystem>

#include "api/api.hpp"
#include "container/jwt.hpp"
#include "store/town_store.hpp"

namespace townd::api_test {

inline constexpr std::int64_t wall_now = 1'790'000'000;
inline const std::string secret = "the secret of these tests";
inline const std::string operators_token = "operators-token";

class fake_fleet final : public engine::fleet {
public:
    fake_fleet();
    ~fake_fleet() override;

    void in_town(const town_id& town, engine::town_work work, engine::reply done) override;
    void read_town(const town_id& town, engine::town_work work, engine::reply done) override;
    void create_town(engine::new_town wanted, engine::reply done) override;
    void delete_town(const town_id& town, engine::reply done) override;
    std::vector<std::shared_ptr<const engine::town_summary>> summaries() const override;
    std::shared_ptr<const engine::town_summary> summary(const town_id& town) const override;
    std::optional<town_id> town_of_rig(const rig_id& rig) const override;
    bool has_town(const town_id& town) const override;
    totals total() const override { return {}; }
    void operate(engine::operator_request, engine::reply done) override {
        done(failure{errc::unavailable, "no operators here"});
    }
    void read_audit(engine::audit_query, engine::reply done) override {
        done(failure{errc::unavailable, "no operators here"});
    }
    [[nodiscard]] engine::operator_view operators() const override { return {}; }
    std::shared_ptr<const outage_board> outages() const override {
        return std::make_shared<const outage_board>();
    }
    [[nodiscard]] desk_figures figures() const override { return {}; }
    std::string verdict(instant) const override { return "all is well"; }

    std::string new_id();

    instant now = from_unix_ms(wall_now * 1000);
    std::int64_t file_bytes = 0;  ///< Of every town, as its upkeep measured it.
    std::int64_t max_town_bytes = 0;
    std::optional<failure> refuse_with;  ///< What every call of a town is answered with.
    std::vector<town_id> told_to_wake;

private:
    struct one_town {
        std::unique_ptr<store::town_store> db;
        std::string name;
        std::string owner;
        breaker_set breakers;
        town_facts facts;
    };
    void run(const town_id& town, const engine::town_work& work, const engine::reply& done,
             bool keep);

    std::filesystem::path dir_;
    std::map<town_id, one_town> towns_;
    int ids_ = 0;
    town::settings settings_;
    town::sources sources_;
};

struct answer {
    int status = 0;
    json body;
    std::map<std::string, std::string> headers;
    [[nodiscard]] const json& data() const { return body.at("data"); }
    [[nodiscard]] std::string error() const { return text_at(body, "error").value_or(""); }
    /// The first parts of the paths of all issues.
    [[nodiscard]] std::vector<std::string> issues() const;
};

/// A daemon with a secret and an operators' token.
class world : public ::testing::Test {
protected:
    world();

    // Requests with the operators' token.
    answer get(const std::string& path);
    answer post(const std::string& path, const json& body = nullptr);
    answer patch(const std::string& path, const json& body);
    answer erase(const std::string& path);

    /// `token` empty: no Authorization.
    answer ask(const std::string& method, const std::string& path, const std::string& body,
               const std::string& token, const std::map<std::string, std::string>& headers = {});
    answer ask(http::request request);

    std::string make_town(const std::string& user = "ada");
    std::string make_rig(const std::string& town, const std::string& name = "engine");
    /// An issue in the rig; its id.
    std::string make_issue(const std::string& title = "Oil the gears");
    std::string make_polecat();
    /// The agent works on the bead in a session, as after a dispatch that took effect.
    void start_session(const std::string& agent, const std::string& bead, const std::string& id,
                       dispatch_state state = dispatch_state::started);
    void in_store(const std::function<void(store::town_store&)>& look);
    bool is_stopping(const std::string& agent);
    std::vector<std::string> history(const std::string& bead);

    static std::string container_token(const std::string& town, std::int64_t lives = 3600);
    static std::string agent_token(const std::string& town, const std::string& rig,
                                   const std::string& agent, const std::string& dispatch = "",
                                   std::int64_t lives = 3600);

    fake_fleet fleet;
    http::router routes;
    std::string town;
    std::string rig;
    std::string R;  ///< /api/towns/…/rigs/…

    void serve(api::api_options options);
};

}  // namespace townd::api_test
