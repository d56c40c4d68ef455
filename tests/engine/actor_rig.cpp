#include "engine/actor_rig.hpp"

#include <stdlib.h>

#include <algorithm>

namespace townd::engine::test {

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
    // These tests look at one thing at a time: a town's pace has tests of its own.
    out->rules.dispatch.slow_start = duration{0};
    out->rules.dispatch.max_starting = 100;
    out->rules.dispatch.starts_per_second = 10'000;
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
    env = std::make_unique<environment>(clock, container, journal);
    env->open_store = [this](const town_id& town, const store::open_options& how, instant now) {
        return store::town_store::open(files->town_file(town), how, now);
    };
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
    ADD_FAILURE() << "the town never comes to rest: "
                  << (summary ? summary->last_tick.dump() + " " + summary->problem : "");
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
        for (const auto& [key, e] : ctx.breakers.entries())
            if (e.scope == breaker_scope::place && e.state.state() != breaker_state::closed)
                return e.state.state();
        return breaker_state::closed;
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
    act([&](town::context& ctx) {
        const bool known = ctx.store.find_agent(agent).has_value();  // It may be deleted.
        town::heartbeat_report report;
        if (getting_on) report.last_event_at = ctx.now;
        report.container_instance = instance;
        EXPECT_EQ(town::heartbeat(ctx, agent, named, report).has_value(), known);
    });
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
