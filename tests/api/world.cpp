#include "api/world.hpp"

#include <cstdio>

namespace townd::api_test {

fake_fleet::fake_fleet() {
    std::string name = (std::filesystem::temp_directory_path() / "townd-api-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary directory");
    dir_ = name;
    settings_.containers_url = "http://127.0.0.1:9";
    settings_.jwt_secret = secret;
    max_town_bytes = settings_.rules.upkeep.max_town_bytes;
    sources_.new_id = [this] { return new_id(); };
    sources_.draw = [] { return 0.5; };
    sources_.wall_seconds = [] { return wall_now; };
}

fake_fleet::~fake_fleet() {
    towns_.clear();
    std::error_code ignored;
    std::filesystem::remove_all(dir_, ignored);
}

std::string fake_fleet::new_id() {
    char text[37];
    std::snprintf(text, sizeof text, "00000000-0000-4000-8000-%012d", ++ids_);
    return text;
}

void fake_fleet::run(const town_id& id, const engine::town_work& work, const engine::reply& done,
                     bool keep) {
    if (refuse_with) return done(*refuse_with);
    const auto found = towns_.find(id);
    if (found == towns_.end()) return done(failure{errc::not_found, "Town " + id + " not found"});
    auto& t = found->second;
    now += duration{1};
    t.facts.file_bytes = file_bytes;
    town::effects out;
    town::context ctx{*t.db, id, now, settings_, sources_, t.breakers, t.facts, out};
    t.db->begin();
    t.db->savepoint();
    auto came = work(ctx);
    if (came && t.db->failed()) came = *t.db->failed();
    if (!came || !keep) {
        t.db->rollback_to();
    } else {
        t.db->release();
    }
    if (const auto durable = t.db->commit(); !durable) came = durable.error();
    if (came && out.wake) told_to_wake.push_back(id);
    done(std::move(came));
}

void fake_fleet::in_town(const town_id& id, engine::town_work work, engine::reply done) {
    run(id, work, done, true);
}
void fake_fleet::read_town(const town_id& id, engine::town_work work, engine::reply done) {
    run(id, work, done, false);
}

void fake_fleet::create_town(engine::new_town wanted, engine::reply done) {
    const town_id id = new_id();
    store::open_options options;
    options.create = true;
    options.create_id = id;
    options.create_name = wanted.name;
    options.create_owner = wanted.owner;
    auto opened = store::town_store::open(dir_ / (id + ".db"), options, now);
    if (!opened) return done(opened.error());
    auto& t = towns_[id];
    t.db = std::move(*opened);
    t.name = wanted.name;
    t.owner = wanted.owner;
    json made;
    made["id"] = id;
    done(made);
}

void fake_fleet::delete_town(const town_id& id, engine::reply done) {
    if (towns_.erase(id) == 0) return done(failure{errc::not_found, "no such town"});
    done(json::object());
}

std::vector<std::shared_ptr<const engine::town_summary>> fake_fleet::summaries() const {
    std::vector<std::shared_ptr<const engine::town_summary>> out;
    for (const auto& [id, t] : towns_)
        out.push_back(summary(id));
    return out;
}

std::shared_ptr<const engine::town_summary> fake_fleet::summary(const town_id& id) const {
    const auto found = towns_.find(id);
    if (found == towns_.end()) return nullptr;
    auto out = std::make_shared<engine::town_summary>();
    out->id = id;
    out->name = found->second.name;
    out->owner = found->second.owner;
    return out;
}

std::optional<town_id> fake_fleet::town_of_rig(const rig_id& rig) const {
    for (const auto& [id, t] : towns_) {
        t.db->begin();
        const bool here = t.db->find_rig(rig).has_value();
        t.db->rollback();
        if (here) return id;
    }
    return std::nullopt;
}

bool fake_fleet::has_town(const town_id& id) const {
    return towns_.contains(id);
}

std::vector<std::string> answer::issues() const {
    std::vector<std::string> out;
    if (!body.contains("issues")) return out;
    for (const auto& entry : body.at("issues")) {
        std::string path;
        for (const auto& part : entry.at("path"))
            path += (path.empty() ? "" : ".") +
                    (part.is_string() ? part.get<std::string>() : dump_json(part));
        EXPECT_FALSE(entry.at("message").get<std::string>().empty());
        out.push_back(path);
    }
    return out;
}

world::world() {
    api::api_options options;
    options.jwt_secret = secret;
    options.api_token = operators_token;
    serve(std::move(options));
    town = make_town();
    rig = make_rig(town);
    R = "/api/towns/" + town + "/rigs/" + rig;
}

void world::serve(api::api_options options) {
    routes = http::router{};
    options.wall_seconds = [] { return wall_now; };
    options.new_id = [this] { return fleet.new_id(); };
    api::add_routes(routes, fleet, std::move(options));
}

answer world::ask(http::request request) {
    if (const auto mark = request.path.find('?'); mark != std::string::npos) {
        std::string query = request.path.substr(mark + 1) + "&";
        request.path.resize(mark);
        for (auto end = query.find('&'); end != std::string::npos; end = query.find('&')) {
            const auto part = query.substr(0, end);
            const auto is = part.find('=');
            if (is != std::string::npos) request.query[part.substr(0, is)] = part.substr(is + 1);
            query.erase(0, end + 1);
        }
    }
    answer out;
    int answers = 0;
    routes.dispatch(std::move(request), [&](http::response said) {
        ++answers;
        out.status = said.status;
        if (auto parsed = parse_json(said.body)) out.body = *std::move(parsed);
        for (const auto& [name, value] : said.headers)
            out.headers[name] = value;
    });
    EXPECT_EQ(answers, 1) << "every request is answered exactly once";
    EXPECT_TRUE(out.body.is_object()) << "every answer is a JSON object";
    if (out.status >= 400) {
        EXPECT_EQ(out.body["success"], false);
        EXPECT_FALSE(out.error().empty()) << "no error is without a text";
    }
    return out;
}

answer world::ask(const std::string& method, const std::string& path, const std::string& body,
                  const std::string& token, const std::map<std::string, std::string>& headers) {
    http::request request;
    request.method = method;
    request.path = path;
    request.body = body;
    if (!body.empty()) request.headers["content-type"] = "application/json";
    if (!token.empty()) request.headers["authorization"] = "Bearer " + token;
    for (const auto& [name, value] : headers)
        request.headers[name] = value;
    return ask(std::move(request));
}

answer world::get(const std::string& path) {
    return ask("GET", path, "", operators_token);
}
answer world::post(const std::string& path, const json& body) {
    return ask("POST", path, body.is_null() ? "" : dump_json(body), operators_token);
}
answer world::patch(const std::string& path, const json& body) {
    return ask("PATCH", path, dump_json(body), operators_token);
}
answer world::erase(const std::string& path) {
    return ask("DELETE", path, "", operators_token);
}

std::string world::make_town(const std::string& user) {
    const auto made = post("/api/users/" + user + "/towns", {{"name", "Bedrock"}});
    EXPECT_EQ(made.status, 201) << dump_json(made.body);
    return made.data().at("id");
}

std::string world::make_rig(const std::string& of, const std::string& name) {
    const auto made =
        post("/api/users/ada/rigs",
             {{"town_id", of}, {"name", name}, {"git_url", "https://git.example/engine.git"}});
    EXPECT_EQ(made.status, 201) << dump_json(made.body);
    return made.data().at("id");
}

std::string world::make_issue(const std::string& title) {
    const auto made = post(R + "/beads", {{"type", "issue"}, {"title", title}});
    EXPECT_EQ(made.status, 201) << dump_json(made.body);
    return made.data().at("id");
}

std::string world::make_polecat() {
    const auto made = post(R + "/agents/get-or-create", {{"role", "polecat"}});
    EXPECT_EQ(made.status, 200) << dump_json(made.body);
    return made.data().at("id");
}

void world::in_store(const std::function<void(store::town_store&)>& look) {
    fleet.in_town(
        town,
        [&](town::context& ctx) -> result<json> {
            look(ctx.store);
            return json();
        },
        [](const result<json>& came) { EXPECT_TRUE(came) << came.error().what; });
}

void world::start_session(const std::string& agent_id, const std::string& bead_id,
                          const std::string& id, dispatch_state state) {
    in_store([&](store::town_store& db) {
        auto a = db.find_agent(agent_id).value();
        auto b = db.find_bead(bead_id).value();
        dispatch d;
        d.id = id;
        d.rig = rig;
        d.agent = agent_id;
        d.agent_name = a.name;
        d.bead = bead_id;
        d.attempt = ++b.starts;
        d.state = state;
        d.created_at = fleet.now;
        d.deadline_at = fleet.now + duration{60'000};
        d.grace_at = fleet.now + duration{150'000};
        if (state == dispatch_state::started) {
            d.outcome = attempt_outcome::success;
            d.started_at = fleet.now;
        }
        a.hook = bead_id;
        a.status = agent_status::working;
        b.assignee = agent_id;
        b.status = bead_status::in_progress;
        db.insert_dispatch(d);
        db.put_agent(a);
        db.put_bead(b);
    });
}

bool world::is_stopping(const std::string& agent) {
    bool found = false;
    in_store([&](store::town_store& db) {
        for (const auto& s : db.load_live().stops)
            found = found || s.agent == agent;
    });
    return found;
}

std::vector<std::string> world::history(const std::string& bead) {
    std::vector<std::string> out;
    const auto events = get(R + "/events?bead_id=" + bead);
    EXPECT_EQ(events.status, 200);
    for (const auto& e : events.data())
        out.push_back(e.at("event_type"));
    return out;
}

std::string world::container_token(const std::string& of, std::int64_t lives) {
    container::claims who;
    who.town = of;
    who.user = "ada";
    who.container_scope = true;
    who.expires_at = wall_now + lives;
    return container::mint(who, secret).value();
}

std::string world::agent_token(const std::string& of, const std::string& rig,
                               const std::string& agent, const std::string& dispatch,
                               std::int64_t lives) {
    container::claims who;
    who.town = of;
    who.user = "ada";
    who.rig = rig;
    who.agent = agent;
    if (!dispatch.empty()) who.dispatch = dispatch;
    who.expires_at = wall_now + lives;
    return container::mint(who, secret).value();
}

}  // namespace townd::api_test
