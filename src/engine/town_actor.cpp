#include "engine/town_actor.hpp"

#include <algorithm>
#include <exception>
#include <set>

#include "engine/breaker_rows.hpp"
#include "engine/dispatcher.hpp"
#include "engine/summary.hpp"
#include "town/apply.hpp"
#include "town/events.hpp"
#include "town/mail.hpp"
#include "town/outcomes.hpp"
#include "town/standing.hpp"
#include "townd/decide/backoff.hpp"
#include "townd/decide/reconcile.hpp"

namespace townd::engine {
namespace {

constexpr int ticks_per_cycle_max = 6;  // Repairs may make more due; the rest waits for a wake.
constexpr int events_per_tick_max = 200;
constexpr std::size_t kept_max = 4096;   // Outcomes kept while the database is in trouble.
constexpr duration polled_kept{60'000};  // Longer than the time between two calls.
constexpr duration reopen_first{1'000};
constexpr duration reopen_max{60'000};

// The town's own limits, from its config.
void read_limits(town::context& ctx) {
    town_facts& facts = ctx.facts;
    const json& config = town::town_config(ctx);
    const auto limit = [&](const char* key) -> std::optional<int> {
        const auto value = number_at(config, key);
        if (!value || *value < 0) return std::nullopt;
        return static_cast<int>(std::min<std::int64_t>(*value, 1000));
    };
    facts.max_per_town = limit("max_concurrent_dispatches");
    facts.max_polecats_per_rig = limit("max_polecats_per_rig");
    facts.pull_requests = text_at(config, "merge_strategy") == "pr";
    const auto refinery = config.find("refinery");
    const bool told = refinery != config.end() && refinery->is_object();
    facts.code_review = !told || refinery->value("code_review", json(true)) != json(false);
}

}  // namespace

town_actor::town_actor(environment& env, town_id id, std::optional<store::open_options> create)
    : env_(env), id_(std::move(id)), create_(std::move(create)) {}

void town_actor::close() noexcept {
    store_.reset();
}

void town_actor::refuse(std::deque<message>& batch, const failure& why) {
    // Agents cannot be heard now: their silence does not count (a fault of ours ends no session).
    if (facts_.opened_at != instant{}) facts_.opened_at = env_.clock.now();
    while (!batch.empty()) {
        message m = std::move(batch.front());
        batch.pop_front();
        if (m.done) {
            m.done(why);
        } else if (!m.reads_only && kept_.size() < kept_max) {
            kept_.push_back(std::move(m));
        }
    }
}

void town_actor::storage_trouble(const failure& why, instant now, bool gone_for_good) {
    store_.reset();
    loaded_ = false;  // What the database holds decides, not what we thought it would.
    ++open_failures_;
    retry_open_at_ = now + grown(reopen_first, open_failures_ - 1, reopen_max);
    due_at_ = retry_open_at_;
    if (!problem_since_) problem_since_ = now;
    if (problem_ != why.what) {
        env_.journal.storage_failed(id_, gone_for_good ? "open" : "commit", why);
        problem_ = why.what;
    }
    set_aside_ = gone_for_good;
    publish_problem(now);
}

bool town_actor::open(instant now) {
    if (store_) return true;
    if (now < retry_open_at_) return false;
    store::open_options options = create_.value_or(store::open_options{});
    options.sync = env_.durability;
    auto opened = env_.open_store(id_, options, now);
    if (!opened) {
        storage_trouble(opened.error(), now, opened.error().kind == errc::unavailable);
        return false;
    }
    create_.reset();
    store_ = std::move(*opened);
    return true;
}

// What concerns agents that are gone does not add up; nor do status calls of long ago.
void town_actor::forget(town::context& ctx, const live_rows& rows) {
    std::erase_if(ctx.facts.polled_at,
                  [&](const auto& each) { return ctx.now - each.second > polled_kept; });
    if (ctx.breakers.entries().size() <= rows.agents.size() + 1) return;
    std::set<std::string, std::less<>> keys{
        breaker_set::place_key(std::nullopt, agent_role::mayor)};
    for (const auto& r : rows.rigs)
        for (const auto role : {agent_role::polecat, agent_role::refinery})
            keys.insert(breaker_set::place_key(r.id, role));
    for (const auto& a : rows.agents)
        keys.insert(breaker_set::agent_key(a.rig, a.role, a.name));
    ctx.breakers.prune([&](const std::string& key) { return keys.contains(key); }, ctx.now);
}

void town_actor::save_breakers(town::context& ctx) {
    for (const auto& key : ctx.breakers.take_changed()) {
        const auto found = ctx.breakers.entries().find(key);
        if (found != ctx.breakers.entries().end())
            ctx.store.put_breaker(to_row(key, found->second));
        else
            ctx.store.delete_breaker(key);
    }
    for (const auto& event : ctx.breakers.take_events()) {
        const auto& e = ctx.breakers.entries().at(event.key);
        // Once each time: what is tried in between is no news.
        if (event.change.from == breaker_state::closed && e.scope == breaker_scope::place &&
            e.known.in_doubt())
            town::notify_mayor(ctx,
                               std::string{to_text(e.role)} + "s" +
                                   (e.rig ? " of rig " + *e.rig : std::string{}) + " " +
                                   std::string{failing_words(e.known.doubted())},
                               e.cause);
        ctx.tell([town = id_, key = event.key, scope = e.scope, role = e.role, cause = e.cause,
                  change = event.change](journal_port& journal) {
            journal.breaker_changed(
                town, key, to_text(scope), to_text(role), to_text(change.from), to_text(change.to),
                change.to == breaker_state::closed ? std::string_view{} : std::string_view{cause});
        });
    }
}

void town_actor::run(town::context& ctx, std::deque<message>& batch,
                     std::vector<result<json>>& answers) {
    for (auto& m : batch) {
        town::part undoable(ctx);
        ctx.store.savepoint();
        result<json> answer = failure{};
        try {
            answer = m.work(ctx);
        } catch (const std::exception& e) {
            answer = failure{errc::internal, std::string{"internal error: "} + e.what()};
        }
        if (ctx.store.failed()) answer = *ctx.store.failed();
        if (answer) {
            ctx.store.release();
        } else {
            ctx.store.rollback_to();
            undoable.undo();
            // An outcome that cannot be applied: told, and left to the polls.
            if (!m.done) ctx.warn("outcome_dropped", answer.error().what);
        }
        answers.push_back(std::move(answer));
        if (ctx.store.broken()) return;
    }
}

// A bug of ours that throws ends the transaction, not the town, and takes nobody's slots along.
void town_actor::try_tick(town::context& ctx) {
    const start_class as = class_of(ctx);
    const int reserved = env_.in_flight->reserve(id_, env_.in_flight->share(), as, ctx.now);
    try {
        tick(ctx, reserved);
    } catch (const std::exception& e) {
        ctx.store.fail({errc::internal, std::string{"the tick broke off: "} + e.what()});
    }
    const int started = static_cast<int>(ctx.out.starts.size());
    for (auto& start : ctx.out.starts)
        start.slot_class = static_cast<int>(as);
    env_.in_flight->unused(reserved - started, as);
    const auto& why = last_waiting_[static_cast<std::size_t>(gate_reason::concurrency_limit)];
    if (reserved == started && why > 0 && !env_.stopping.load())
        look_again_at_ = std::min(look_again_at_, env_.in_flight->wait(id_, as, ctx.now));
}

void town_actor::tick(town::context& ctx, int reserved) {
    const instant began = ctx.now;
    int actions = 0;
    std::map<std::string, int> by_type;
    live_rows rows;
    plan next;
    read_limits(ctx);
    ctx.facts.follows_prs = env_.forge != nullptr && env_.forge->asks();
    read_fleet(ctx);
    for (int round = 0; round < ticks_per_cycle_max; ++round) {
        ctx.out.wake = false;
        const int events = town::apply_pending(ctx, events_per_tick_max);
        ctx.breakers.expire(ctx.now, env_.from.draw(), ctx.with.rules.breaker,
                            [&](agent_role role) { return ctx.facts.has_work(role); });
        rows = ctx.store.load_live();
        if (ctx.store.failed()) return;
        if (round == 0) forget(ctx, rows);
        ctx.facts.daemon_slots = reserved - static_cast<int>(ctx.out.starts.size());
        ctx.facts.stopping = env_.stopping.load();
        if (round == 0)
            ctx.facts.live_sessions =
                static_cast<int>(std::count_if(rows.dispatches.begin(), rows.dispatches.end(),
                                               [](const dispatch& d) { return d.is_settled(); }));
        const town_view view(rows, ctx.facts, ctx.with.rules, ctx.now);
        next = reconcile(view, ctx.breakers);
        for (const auto& p : next.actions)
            ++by_type[std::string{type_of(p.what)}];
        const auto broken = check_invariants(view);
        const waiting_counts waiting = next.waiting;
        const instant again = next.look_again_at;
        const bool more = !next.actions.empty() || events > 0;
        plan after;
        after.has_work = next.has_work;
        after.wants_leave = next.wants_leave;
        after.wants_fresh = next.wants_fresh;
        after.leave_from = next.leave_from;
        after.lease_kept = next.lease_kept;
        actions += town::apply(ctx, std::move(next));
        // A lease is used by then, or of no use here.
        const instant lease_due = tell_fleet(ctx, after);
        next = {};
        next.waiting = waiting;
        next.look_again_at = again;
        next.look_at(lease_due);
        next.look_at(invariants_.see(ctx, broken));
        if (events == events_per_tick_max) ctx.out.wake = true;
        // One that failed is tried again, whether or not anything else happens here.
        if (events > 0 && !ctx.store.pending_town_events(1).empty())
            next.look_at(ctx.now + ctx.with.rules.reconciler.interval);
        if (ctx.store.failed()) return;
        if (!more || !ctx.out.wake) break;
        // What starts is committed and sent first; the next cycle, at once, looks what follows.
        if (!ctx.out.starts.empty()) break;
    }
    if (ctx.out.undone) next.look_at(ctx.now + ctx.with.rules.reconciler.interval);
    const int started = static_cast<int>(ctx.out.starts.size());
    const bool waits = next.waiting.total() > 0;
    last_waiting_ = next.waiting.by_reason;
    count_suppressed(ctx, next.waiting);
    ctx.facts.work_waits = waits || !rows.stops.empty();
    dirty_ = ctx.out.wake;
    look_again_at_ = next.look_again_at;
    // What a person, a bead or a rig must change first waits at the idle pace (F3, F9): the change
    // itself wakes the town.
    const auto& why = last_waiting_;
    const bool may_start = std::any_of(why.begin() + static_cast<int>(gate_reason::backing_off),
                                       why.end(), [](int count) { return count > 0; });
    // A mayor between its turns holds no pace (Kilo #1452).
    active_ = std::any_of(rows.dispatches.begin(), rows.dispatches.end(),
                          [](const dispatch& d) {
                              return d.role != agent_role::mayor || !d.is_settled();
                          }) ||
              may_start || !rows.stops.empty() ||
              std::any_of(rows.agents.begin(), rows.agents.end(),
                          [](const agent& a) { return a.status == agent_status::working; });
    last_tick_ = tick_metrics(ctx, by_type, actions);
    last_tick_["invariantViolations"] = invariants_.broken();
    publish(ctx, rows, next.waiting);
    ctx.tell([town = id_, actions, started, took = env_.clock.now() - began](
                 journal_port& journal) { journal.tick_done(town, took, actions, started); });
}

// What follows a commit. Pages come before replies: who was answered finds what was written.
// Stops come before starts: what makes room goes first.
void town_actor::finish(town::effects& out, std::deque<message>& batch,
                        std::vector<result<json>>& answers) {
    for (auto& tell : out.told)
        tell(env_.journal);
    for (std::size_t i = 0; i < batch.size(); ++i) {
        if (!batch[i].done) continue;
        try {
            batch[i].done(std::move(answers[i]));
        } catch (const std::exception& e) {  // Must not keep the starts from being sent.
            env_.journal.warn(id_, "reply_failed", e.what());
        }
    }
    for (auto& stop : out.stops)
        dispatch_stop(env_, id_, std::move(stop));
    for (auto& start : out.starts)
        dispatch_start(env_, id_, std::move(start));
    for (auto& poll : out.polls)
        dispatch_poll(env_, id_, std::move(poll));
    for (auto& call : out.upkeep)
        dispatch_upkeep(env_, id_, std::move(call));
    if (env_.outages == nullptr) return;
    for (auto& news : out.news)
        env_.outages->tell(std::move(news));
}

// All of a cycle between begin and commit. Returns whether it ticked.
bool town_actor::decide_and_write(town::context& ctx, std::deque<message>& batch,
                                  std::vector<result<json>>& answers, bool due) {
    if (!loaded_) {
        recover(ctx);
        dirty_ = true;
    }
    ctx.facts.stopping = env_.stopping.load();
    ctx.facts.daemon_slots =
        std::clamp(env_.in_flight->limit() - env_.in_flight->used(), 0, env_.in_flight->share());
    read_fleet(ctx);
    run(ctx, batch, answers);
    if (ctx.store.failed()) return false;
    if (ctx.out.wake || ctx.store.changed()) dirty_ = true;
    const bool ticked = dirty_ || due || ctx.now >= look_again_at_;
    if (ticked) try_tick(ctx);
    save_breakers(ctx);
    return ticked;
}

void town_actor::cycle(std::deque<message>& inbox) {
    const instant now = env_.clock.now();
    tick_began_ = now;
    const auto with = env_.settings();
    const bool due = now >= due_at_;
    bool ticked = false;
    std::deque<message> batch;
    std::swap(batch, inbox);
    if (batch.empty() && loaded_ && !dirty_ && now < look_again_at_ && kept_.empty()) {
        // Nothing changed and nothing is due: the same state would give the same empty plan.
        ++ticks_;
        due_at_ = std::min(look_again_at_, now + (active_ ? with->rules.reconciler.interval
                                                          : with->rules.reconciler.idle_interval));
        env_.journal.tick_done(id_, duration{0}, 0, 0);
        if (summary_ && env_.tells_empty_ticks)
            env_.publish(ticked_again(*summary_, now, due_at_, ticks_));
        return;
    }
    if (!open(now)) {
        refuse(batch, {set_aside_ ? errc::unavailable : errc::storage,
                       "town " + id_ + " cannot be used now: " + problem_});
        ticked_ = true;
        return;
    }
    for (; !kept_.empty(); kept_.pop_back())
        batch.push_front(std::move(kept_.back()));

    town::effects out;
    breaker_set breakers = breakers_;
    town_facts facts = facts_;
    std::vector<result<json>> answers;
    store_->begin();
    town::context ctx{*store_, id_, now, *with, env_.from, breakers, facts, out};
    try {
        ticked = decide_and_write(ctx, batch, answers, due);
    } catch (const std::exception& e) {  // Undone like any failed write, and everyone is answered.
        store_->fail({errc::internal, std::string{"the cycle broke off: "} + e.what()});
    }
    const auto committed = store_->commit();
    if (!committed) {
        for (const auto& start : out.starts)
            env_.in_flight->release(1, static_cast<start_class>(start.slot_class));
        const failure why = committed.error();
        if (!store_ || store_->broken() || !loaded_) {
            storage_trouble(why, now, false);
        } else {
            // The database works and yet this cannot be written: seen, and tried again.
            if (problem_ != why.what) env_.journal.storage_failed(id_, "commit", why);
            problem_ = why.what;
            if (!problem_since_) problem_since_ = now;
            due_at_ = now + reopen_first;
            publish_problem(now);
        }
        dirty_ = true;
        ticked_ = true;  // One town's disk keeps nobody from being ready.
        refuse(batch, {errc::storage, "the write did not become durable: " + why.what});
        return;
    }
    loaded_ = true;
    open_failures_ = 0;
    problem_.clear();
    problem_since_.reset();
    set_aside_ = false;
    breakers_ = std::move(breakers);
    facts_ = std::move(facts);
    finish(out, batch, answers);
    const auto& pace = with->rules.reconciler;
    if (!ticked) {  // Only read: the next tick is due when it was.
        due_at_ = std::min(due_at_, look_again_at_);
        return;
    }
    due_at_ = dirty_
                  ? now
                  : std::min(look_again_at_, now + (active_ ? pace.interval : pace.idle_interval));
    ++ticks_;
    ticked_ = true;
}

}  // namespace townd::engine
