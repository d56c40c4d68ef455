#include "engine/actor_rig.hpp"

#include <stdlib.h>

#include <algorithm>

namespace townd::engine::test {

http_answer answer_of(int status, const std::string& body) {
    http_answer out;
    out.status = status;
    out.body = body;
    out.content_type = "application/json";
    out.request_sent = true;
    out.endpoint = "town.test:8080";
    return out;
}

http_answer refused_connect() {
    http_answer out;
    out.error = dispatch_error{error_code::connect_refused, error_phase::connect,
                               blame::infrastructure, "connection refused"};
    return out;
}

http_answer timed_out() {
    http_answer out;
    out.request_sent = true;
    out.error = dispatch_error{error_code::header_timeout, error_phase::header,
                               blame::infrastructure, "no answer before the deadline"};
    return out;
}

std::string text_of(const http_call& call, const char* key) {
    const auto body = parse_json(call.body);
    return body ? text_at(*body, key).value_or("") : "";
}

std::string agent_of(const http_call& call) {
    if (call.target == "/agents/start") return text_of(call, "agentId");
    const auto from = std::string{"/agents/"}.size();
    return call.target.substr(from, call.target.rfind('/') - from);
}

std::optional<http_answer> scripted_container::react(const http_call& call) {
    const std::string agent = agent_of(call);
    if (call.target == "/agents/start") {
        if (on_start) return on_start(call);
        std::string id;
        for (const auto& [name, value] : call.headers)
            if (name == "X-Dispatch-Id") id = value;
        running[agent] = id;
        if (when_started) when_started(call);
        return answer_of(201, R"({"agentId":")" + agent + R"(","status":"running"})");
    }
    if (call.target.ends_with("/stop")) {
        if (on_stop) return on_stop(call);
        running.erase(agent);
        return answer_of(200, R"({"stopped":true})");
    }
    if (on_status) return on_status(call);
    if (running.contains(agent))
        return answer_of(200, R"({"agentId":")" + agent + R"(","status":"running"})");
    return answer_of(404, R"({"error":"Agent not found"})");
}

void scripted_container::call(http_call request, std::function<void(http_answer)> done) {
    const std::scoped_lock lock(mutex);
    auto answer = react(request);
    log.push_back({std::move(request), clock_.now(), std::move(done), std::move(answer)});
}

void scripted_container::deliver() {
    for (std::size_t i = answered_;; ++i) {
        std::function<void(http_answer)> done;
        http_answer with;
        {
            const std::scoped_lock lock(mutex);
            if (i >= log.size()) return;
            auto& one = log[i];
            if (!one.done) {
                if (i == answered_) ++answered_;
                continue;
            }
            if (!one.answer && clock_.now() >= one.at + one.call.total_timeout)
                one.answer = timed_out();
            if (!one.answer) continue;
            with = std::move(*one.answer);
            done = std::move(one.done);
            one.done = nullptr;
        }
        done(std::move(with));
    }
}

instant scripted_container::next_deadline() {
    const std::scoped_lock lock(mutex);
    instant next = never;
    for (std::size_t i = answered_; i < log.size(); ++i)
        if (log[i].done) next = std::min(next, log[i].at + log[i].call.total_timeout);
    return next;
}

void scripted_container::answer(std::size_t which, http_answer with) {
    const std::scoped_lock lock(mutex);
    log.at(which).answer = std::move(with);
}

int scripted_container::starts() {
    const std::scoped_lock lock(mutex);
    return static_cast<int>(
        std::count_if(log.begin(), log.end(), [](const seen& s) { return s.is_start(); }));
}

int scripted_container::calls_to(const std::string& suffix) {
    const std::scoped_lock lock(mutex);
    return static_cast<int>(std::count_if(
        log.begin(), log.end(), [&](const seen& s) { return s.call.target.ends_with(suffix); }));
}

std::size_t scripted_container::last_start() {
    const std::scoped_lock lock(mutex);
    for (std::size_t i = log.size(); i > 0; --i)
        if (log[i - 1].is_start()) return i - 1;
    throw std::runtime_error("no start was sent");
}

void recording_journal::add(std::string line) {
    const std::scoped_lock lock(mutex_);
    lines_.push_back(std::move(line));
}
void recording_journal::attempt_started(const town_id&, const dispatch& what) {
    add("attempt_started: " + what.id);
}
void recording_journal::attempt_ended(const town_id&, const dispatch& what, duration) {
    add("attempt_ended: " + std::string{to_text(what.outcome)} +
        (what.error ? " " + what.error->message() : ""));
}
void recording_journal::session_failed(const town_id&, const dispatch& what) {
    add("session_failed: " + (what.error ? what.error->message() : std::string{}));
}
void recording_journal::breaker_changed(const town_id&, std::string_view key, std::string_view,
                                        std::string_view, std::string_view, std::string_view to,
                                        std::string_view cause) {
    add("breaker: " + std::string{key} + " " + std::string{to} + " " + std::string{cause});
}
void recording_journal::tick_done(const town_id&, duration, int, int) {
    ++ticks;
}
void recording_journal::storage_failed(const town_id&, std::string_view op, const failure& why) {
    add("storage_failed: " + std::string{op} + " " + why.what);
}
void recording_journal::note(const town_id&, std::string_view event, std::string_view text) {
    add(std::string{event} + ": " + std::string{text});
}
void recording_journal::warn(const town_id&, std::string_view event, std::string_view text) {
    add(std::string{event} + ": " + std::string{text});
}
int recording_journal::count(const std::string& part) const {
    const auto all = lines();
    return static_cast<int>(std::count_if(all.begin(), all.end(), [&](const std::string& line) {
        return line.find(part) != std::string::npos;
    }));
}
std::vector<std::string> recording_journal::lines() const {
    const std::scoped_lock lock(mutex_);
    return lines_;
}

temp_dir::temp_dir() {
    std::string name = (std::filesystem::temp_directory_path() / "townd-engine-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary directory");
    path = name;
}
temp_dir::~temp_dir() {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
}

std::shared_ptr<town::settings> shipped_settings() {
    auto out = std::make_shared<town::settings>();
    out->containers_url = "http://town.test:8080";
    out->api_url = "http://api.test";
    out->jwt_secret = "a secret of sufficient length for tests";
    return out;
}

town::sources counted_sources(const virtual_clock& clock, std::uint64_t seed) {
    auto ids = std::make_shared<std::atomic<int>>(0);
    auto state = std::make_shared<std::atomic<std::uint64_t>>(seed * 0x9E3779B97F4A7C15ULL + 1);
    town::sources out;
    out.new_id = [ids, seed] {
        char text[37];
        std::snprintf(text, sizeof text, "%08x-0000-4000-8000-%012d",
                      static_cast<unsigned>(++*ids) * 2654435761U, static_cast<int>(seed));
        return std::string{text};
    };
    out.draw = [state] {
        const std::uint64_t next = *state * 6364136223846793005ULL + 1442695040888963407ULL;
        *state = next;
        return static_cast<double>(next >> 11U) / static_cast<double>(1ULL << 53U);
    };
    out.wall_seconds = [&clock] { return clock.wall_seconds(); };
    return out;
}

actor_rig::actor_rig(bool create, std::uint64_t seed) {
    auto taken = store::data_dir::take(dir.path);
    if (!taken) throw std::runtime_error(taken.error().what);
    files.emplace(std::move(*taken));
    sources_ = counted_sources(clock, seed);
    take(create);
}

actor_rig::~actor_rig() {
    actor.reset();
}

void actor_rig::take(bool create) {
    in_flight = std::make_unique<slots>([this](const town_id&) {
        ++woken;
        inbox.push_back({[](town::context& ctx) -> result<json> {
                             ctx.out.wake = true;
                             return json();
                         },
                         {},
                         false});
    });
    in_flight->set_limit(settings->rules.dispatch.max_in_flight);
    env = std::make_unique<environment>(clock, container, journal, *files);
    env->from = sources_;
    env->durability = store::durability::normal;
    env->post = [this](const town_id&, town_work work) {
        inbox.push_back({std::move(work), {}, false});
    };
    env->publish = [this](std::shared_ptr<const town_summary> s) { summary = std::move(s); };
    env->in_flight = in_flight.get();
    env->set_settings(settings);
    std::optional<store::open_options> options;
    if (create) {
        options.emplace();
        options->create = true;
        options->create_id = "t1";
        options->create_name = "First";
        options->create_owner = "user-1";
    }
    actor = std::make_unique<town_actor>(*env, "t1", options);
}

void actor_rig::cycle() {
    actor->cycle(inbox);
}

void actor_rig::settle() {
    for (int i = 0; i < 1000; ++i) {
        container.deliver();
        if (inbox.empty() && actor->due_at() > clock.now()) return;
        cycle();
    }
    ADD_FAILURE() << "the town never comes to rest";
}

void actor_rig::run_for(duration span) {
    static_cast<void>(run_until([] { return false; }, span));
}

bool actor_rig::run_until(const std::function<bool()>& what, duration limit) {
    const instant end = clock.now() + limit;
    for (;;) {
        settle();
        if (what()) return true;
        std::erase_if(next_beat_, [&](const auto& e) { return !container.runs(e.first); });
        instant next = std::min({end, actor->due_at(), container.next_deadline()});
        for (const auto& [agent, id] : container.running)
            next = std::min(next,
                            next_beat_.try_emplace(agent, clock.now() + seconds{30}).first->second);
        clock.set(std::max(next, clock.now() + duration{1}));
        const auto running = container.running;
        for (const auto& [agent, id] : running) {
            auto& due = next_beat_[agent];
            if (due > clock.now()) continue;
            due = clock.now() + seconds{30};
            if (heartbeats) beat(agent, id.empty() ? std::nullopt : std::optional{id});
            if (each_beat) each_beat(agent);
        }
        if (clock.now() >= end) {
            settle();
            return what();
        }
    }
}

result<json> actor_rig::in_town(town_work work) {
    std::optional<result<json>> out;
    inbox.push_back({std::move(work),
                     [&](result<json> answer) {
                         if (out) ADD_FAILURE() << "two replies";
                         out = std::move(answer);
                     },
                     false});
    cycle();
    if (!out) {
        ADD_FAILURE() << "no reply";
        return failure{};
    }
    return *out;
}

void actor_rig::act(const std::function<void(town::context&)>& work) {
    const auto said = in_town([&](town::context& ctx) -> result<json> {
        work(ctx);
        return json();
    });
    EXPECT_TRUE(said.has_value()) << said.error().what;
    settle();
}

void actor_rig::add_rig(const std::string& id) {
    act([&](town::context& ctx) {
        rig r;
        r.id = id;
        r.name = id;
        r.git_url = "https://git.test/" + id;
        r.created_at = ctx.now;
        ctx.store.insert_rig(r);
    });
}

bead_id actor_rig::add_issue(const std::string& title, const std::string& rig) {
    bead_id id;
    act([&](town::context& ctx) {
        town::new_bead wanted;
        wanted.title = title;
        wanted.rig = rig;
        wanted.created_by = "test";
        auto made = town::create_bead(ctx, wanted);
        ASSERT_TRUE(made.has_value()) << made.error().what;
        id = made->id;
    });
    return id;
}

bead actor_rig::bead_now(const bead_id& id) {
    return read<bead>([&](town::context& ctx) { return ctx.store.find_bead(id).value_or(bead{}); });
}

std::vector<bead> actor_rig::issues() {
    return read<std::vector<bead>>([](town::context& ctx) {
        store::bead_filter filter;
        filter.type = bead_type::issue;
        filter.limit = 1000;
        return ctx.store.list_beads(filter);
    });
}

int actor_rig::with_status(bead_status status) {
    const auto all = issues();
    return static_cast<int>(
        std::count_if(all.begin(), all.end(), [&](const bead& b) { return b.status == status; }));
}

std::vector<dispatch> actor_rig::attempts(const bead_id& id) {
    return read<std::vector<dispatch>>([&](town::context& ctx) {
        store::dispatch_filter filter;
        if (!id.empty()) filter.bead = id;
        filter.limit = 1000;
        return ctx.store.list_dispatches(filter);
    });
}

std::vector<agent> actor_rig::agents() {
    return read<std::vector<agent>>([](town::context& ctx) { return ctx.store.agents(); });
}

breaker_state actor_rig::container_breaker() {
    return read<breaker_state>([](town::context& ctx) {
        const auto found = ctx.breakers.entries().find(breaker_set::container_key());
        return found == ctx.breakers.entries().end() ? breaker_state::closed
                                                     : found->second.state.state();
    });
}

void actor_rig::say_done(const agent_id& agent, const std::optional<dispatch_id>& named) {
    act([&](town::context& ctx) {
        EXPECT_TRUE(town::done(ctx, agent, named, {"branch", std::nullopt, "summary"}));
    });
}
void actor_rig::say_completed(const agent_id& agent, bool failed, const std::string& reason,
                              const std::optional<dispatch_id>& named) {
    act([&](town::context& ctx) {
        EXPECT_TRUE(town::completed(ctx, agent, named, failed, reason));
    });
}
void actor_rig::beat(const agent_id& agent, const std::optional<dispatch_id>& named) {
    act([&](town::context& ctx) { EXPECT_TRUE(town::heartbeat(ctx, agent, named, {})); });
}

void actor_rig::kill_and_restart() {
    actor.reset();
    inbox.clear();
    {
        // Answers on their way find nobody.
        const std::scoped_lock lock(container.mutex);
        for (auto& one : container.log)
            one.done = nullptr;
    }
    take(false);
}

void actor_rig::stop_and_restart() {
    env->stopping.store(true);
    cycle();
    actor->record_in_flight();
    kill_and_restart();
}

}  // namespace townd::engine::test
