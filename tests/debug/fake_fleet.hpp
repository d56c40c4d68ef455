#pragma once
// A fleet of made-up summaries, and towns that are real store files in a directory of their own.

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "debug/debug.hpp"
#include "engine/fleet.hpp"

namespace townd::debug {

inline constexpr instant test_now = from_unix_ms(1'795'342'322'155);  // 2026-11-22T10:12:02.155Z

class still_clock final : public clock_port {
public:
    [[nodiscard]] instant now() const noexcept override { return at; }
    [[nodiscard]] std::int64_t wall_seconds() const noexcept override { return unix_ms(at) / 1000; }
    instant at = test_now;
};

/// A directory that is gone with its owner.
class temp_dir {
public:
    temp_dir();
    ~temp_dir();
    temp_dir(const temp_dir&) = delete;
    temp_dir& operator=(const temp_dir&) = delete;
    [[nodiscard]] const std::filesystem::path& path() const { return path_; }

private:
    std::filesystem::path path_;
};

/// One town with a store of its own.
struct open_town {
    std::unique_ptr<store::town_store> store;
    breaker_set breakers;
    town_facts facts;
};

/// Reads at once, on the caller's thread.
class fake_fleet final : public engine::fleet {
public:
    explicit fake_fleet(const clock_port& clock) : clock_(clock) {}

    /// Makes a summary; the town cannot be read unless it is opened too.
    engine::town_summary& add(const town_id& id);
    /// Makes a summary and a store file. `fill` writes in one transaction.
    open_town& open(const town_id& id, const std::function<void(store::town_store&)>& fill);

    void in_town(const town_id& town, engine::town_work work, engine::reply done) override;
    void read_town(const town_id& town, engine::town_work work, engine::reply done) override;
    void create_town(engine::new_town wanted, engine::reply done) override;
    void delete_town(const town_id& town, engine::reply done) override;
    [[nodiscard]] std::vector<std::shared_ptr<const engine::town_summary>> summaries()
        const override;
    [[nodiscard]] std::shared_ptr<const engine::town_summary> summary(
        const town_id& town) const override;
    [[nodiscard]] std::optional<town_id> town_of_rig(const rig_id& rig) const override;
    [[nodiscard]] bool has_town(const town_id& town) const override;
    [[nodiscard]] totals total() const override { return sums; }
    void operate(engine::operator_request what, engine::reply done) override {
        asked_for.push_back(what);
        if (!what.act) return done(operator_answer);
        what.act([done](const result<json>& came) {
            if (!came) return done(came.error());
            done(json{{"before", came->at("before")},
                      {"after", came->at("after")},
                      {"applied", came->at("changed")},
                      {"audit_id", "a-1"},
                      {"expires_at", nullptr}});
        });
    }
    void read_audit(engine::audit_query which, engine::reply done) override {
        audit_asked.push_back(which);
        done(audit);
    }
    [[nodiscard]] engine::operator_view operators() const override { return orders; }
    [[nodiscard]] std::shared_ptr<const outage_board> outages() const override { return board; }
    [[nodiscard]] desk_figures figures() const override { return {}; }
    [[nodiscard]] std::string verdict(instant) const override { return said; }
    std::shared_ptr<const outage_board> board = std::make_shared<const outage_board>();

    std::vector<engine::operator_request> asked_for;
    result<json> operator_answer = json{{"applied", true}};
    std::vector<engine::audit_query> audit_asked;
    result<json> audit = json{{"items", json::array()}, {"next", nullptr}};
    engine::operator_view orders;

    totals sums;
    std::string said = "Dispatching: nothing is in the way.";
    town::settings with;

private:
    const clock_port& clock_;
    temp_dir dir_;
    std::map<town_id, std::shared_ptr<engine::town_summary>> summaries_;
    std::map<town_id, open_town> towns_;
};

/// A face over a fake fleet, asked like a server asks it.
struct test_face {
    test_face();
    /// `GET target`, as `/debug/v1/towns?limit=3`.
    http::response get(const std::string& target, const std::string& accept = "*/*");
    http::response send(const std::string& method, const std::string& target,
                        const std::string& accept = "*/*", const std::string& last_event_id = {});
    /// The JSON of a 200; throws for any other answer.
    json get_json(const std::string& target);

    still_clock clock;
    fake_fleet fleet{clock};
    engine::chronicle history{clock};
    std::shared_ptr<stream_counts> streams = std::make_shared<stream_counts>();
    machine_facts machine;
    json config_status = {{"generation", 3}, {"differs_from_disk", false}};
    bool ready = true;
    http::router router;
};

[[nodiscard]] std::string header_of(const http::response& answer, std::string_view name);

// Rows to fill stores with.
[[nodiscard]] rig test_rig(const rig_id& id);
[[nodiscard]] bead test_bead(const bead_id& id, const rig_id& rig);
[[nodiscard]] agent test_agent(const agent_id& id, const rig_id& rig, const std::string& name);
[[nodiscard]] dispatch test_dispatch(const dispatch_id& id, const agent& by, const bead_id& work,
                                     int attempt);
[[nodiscard]] dispatch_error refused_error();

}  // namespace townd::debug
