#include "debug/fake_fleet.hpp"

#include <stdlib.h>

#include <system_error>

#include "http/target.hpp"

namespace townd::debug {

temp_dir::temp_dir() {
    std::string name = (std::filesystem::temp_directory_path() / "townd-debug-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary directory");
    path_ = name;
}

temp_dir::~temp_dir() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

engine::town_summary& fake_fleet::add(const town_id& id) {
    auto& place = summaries_[id];
    place = std::make_shared<engine::town_summary>();
    place->id = id;
    place->name = id;
    place->last_tick_at = clock_.now() - std::chrono::seconds{1};
    place->next_tick_at = clock_.now() + std::chrono::seconds{4};
    return *place;
}

open_town& fake_fleet::open(const town_id& id,
                            const std::function<void(store::town_store&)>& fill) {
    add(id);
    store::open_options options;
    options.create = true;
    options.create_id = id;
    options.create_name = id;
    auto opened = store::town_store::open(dir_.path() / (id + ".db"), options, clock_.now());
    if (!opened.has_value()) throw std::runtime_error(opened.error().what);
    auto& town = towns_[id];
    town.store = std::move(opened.value());
    town.facts.opened_at = clock_.now() - std::chrono::minutes{10};
    town.facts.daemon_slots = 10;
    town.store->begin();
    fill(*town.store);
    const auto written = town.store->commit();
    if (!written.has_value()) throw std::runtime_error(written.error().what);
    return town;
}

void fake_fleet::in_town(const town_id&, engine::town_work, engine::reply done) {
    done(failure{errc::internal, "the debug face must not write"});
}

void fake_fleet::read_town(const town_id& town, engine::town_work work, engine::reply done) {
    const auto found = towns_.find(town);
    if (found == towns_.end())
        return done(failure{errc::unavailable, "town " + town + " is not open"});
    auto& [store, breakers, facts] = found->second;
    const town::sources from{[] { return std::string{"new"}; }, [] { return 0.5; },
                             [] { return std::int64_t{0}; }};
    town::effects out;
    breaker_set copy = breakers;
    town_facts known = facts;
    store->begin();
    town::context ctx{*store, town, clock_.now(), with, from, copy, known, out};
    auto answer = work(ctx);
    const bool wrote = store->changed();
    store->rollback();
    if (wrote) return done(failure{errc::internal, "a read changed the town"});
    done(std::move(answer));
}

void fake_fleet::create_town(engine::new_town, engine::reply done) {
    done(failure{errc::internal, "the debug face must not write"});
}

void fake_fleet::delete_town(const town_id&, engine::reply done) {
    done(failure{errc::internal, "the debug face must not write"});
}

std::vector<std::shared_ptr<const engine::town_summary>> fake_fleet::summaries() const {
    std::vector<std::shared_ptr<const engine::town_summary>> out;
    for (const auto& [id, summary] : summaries_)
        out.push_back(summary);
    return out;
}

std::shared_ptr<const engine::town_summary> fake_fleet::summary(const town_id& town) const {
    const auto found = summaries_.find(town);
    return found == summaries_.end() ? nullptr : found->second;
}

std::optional<town_id> fake_fleet::town_of_rig(const rig_id&) const {
    return std::nullopt;
}

bool fake_fleet::has_town(const town_id& town) const {
    return summaries_.contains(town);
}

test_face::test_face() {
    fleet.sums.first_tick_done = true;
    fleet.sums.ticks = 41;
    fleet.sums.in_flight_max = 200;
    fleet.sums.last_tick_at = clock.at - std::chrono::seconds{1};
    debug_options options;
    options.clock = &clock;
    options.history = &history;
    options.streams = streams;
    options.scrape_metrics = [] { return std::string{"townd_up 1\n"}; };
    options.config_keys = [] {
        return std::vector<config::printed_key>{
            {"containers.url", "http://user:hunter2@10.0.0.1:8080", "townd.yaml:3:8"},
            {"dispatch.max_attempts", "5", "default"}};
    };
    options.ready = [this](std::string& why) {
        if (!ready) why = "the API does not listen";
        return ready;
    };
    options.history = &history;
    options.machine = [this] { return machine; };
    options.config_status = [this] { return config_status; };
    options.write_token = "the-token-that-nobody-may-read-000";
    options.version = "1.2.3";
    options.revision = "abc";
    options.build_date = "2026-11-22";
    add_routes(router, fleet, std::move(options));
    add_fallbacks(router);
}

http::response test_face::send(const std::string& method, const std::string& target,
                               const std::string& accept, const std::string& last_event_id) {
    const auto parsed = http::parse_target(target);
    if (!parsed.has_value()) throw std::runtime_error(parsed.error().what);
    http::request call;
    call.method = method;
    call.path = parsed.value().path;
    call.raw_path = parsed.value().raw_path;
    call.query = parsed.value().query;
    call.headers["accept"] = accept;
    if (!last_event_id.empty()) call.headers["last-event-id"] = last_event_id;
    http::response out;
    int answers = 0;
    router.dispatch(std::move(call), [&](http::response answer) {
        out = std::move(answer);
        ++answers;
    });
    if (answers != 1) throw std::runtime_error(std::to_string(answers) + " answers");
    return out;
}

http::response test_face::get(const std::string& target, const std::string& accept) {
    return send("GET", target, accept);
}

json test_face::get_json(const std::string& target) {
    const auto answer = get(target, "application/json");
    if (answer.status != 200)
        throw std::runtime_error(std::to_string(answer.status) + ": " + answer.body);
    return json::parse(answer.body);
}

std::string header_of(const http::response& answer, std::string_view name) {
    for (const auto& [key, value] : answer.headers)
        if (key == name) return value;
    return {};
}

rig test_rig(const rig_id& id) {
    rig out;
    out.id = id;
    out.name = id;
    out.git_url = "https://example.com/repo.git";
    out.created_at = test_now - std::chrono::hours{3};
    return out;
}

bead test_bead(const bead_id& id, const rig_id& rig) {
    bead out;
    out.id = id;
    out.title = "Fix " + id;
    out.rig = rig;
    out.created_by = "test";
    out.created_at = test_now - std::chrono::hours{2};
    out.updated_at = test_now - std::chrono::hours{1};
    return out;
}

agent test_agent(const agent_id& id, const rig_id& rig, const std::string& name) {
    agent out;
    out.id = id;
    out.rig = rig;
    out.name = name;
    out.identity = name + "-polecat-" + rig;
    out.created_at = test_now - std::chrono::hours{2};
    return out;
}

dispatch test_dispatch(const dispatch_id& id, const agent& by, const bead_id& work, int attempt) {
    dispatch out;
    out.id = id;
    out.role = by.role;
    out.rig = by.rig;
    out.agent = by.id;
    out.agent_name = by.name;
    out.bead = work;
    out.attempt = attempt;
    out.rule = "R1_unassigned_bead";
    out.created_at = test_now - std::chrono::minutes{10 - attempt};
    out.deadline_at = out.created_at + std::chrono::minutes{1};
    out.grace_at = out.created_at + std::chrono::minutes{3};
    return out;
}

dispatch_error refused_error() {
    dispatch_error out{error_code::connect_refused, error_phase::connect, blame::infrastructure,
                       "connect 10.20.4.17:8080: Connection refused"};
    out.level = charge_level::place;
    out.sys_errno = 111;
    out.endpoint = "10.20.4.17:8080";
    return out;
}

}  // namespace townd::debug
