#include "engine/town_actor.hpp"

#include <algorithm>
#include <exception>

#include "engine/breaker_rows.hpp"
#include "engine/dispatcher.hpp"
#include "engine/summary.hpp"
#include "town/apply.hpp"
#include "town/events.hpp"
#include "town/outcomes.hpp"
#include "townd/decide/backoff.hpp"
#include "townd/decide/reconcile.hpp"

namespace townd::engine {
namespace {

constexpr int ticks_per_cycle_max = 6;  // Repairs may make more due; the rest waits for a wake.
constexpr int events_per_tick_max = 200;
constexpr int starts_per_tick_max = 64;  // More at once would stall the loop that sends them.
constexpr std::size_t kept_max = 4096;   // Outcomes kept while the database is in trouble.
constexpr duration count_every{1'000};
constexpr duration reopen_first{1'000};
constexpr duration reopen_max{60'000};

// The town's own limits, from its config.
void read_limits(store::town_store& store, town_facts& facts) {
    const auto config = parse_json(store.meta().config_json);
    if (!config) return;
    const auto limit = [&](const char* key) -> std::optional<int> {
        const auto value = number_at(*config, key);
        if (!value || *value < 0) return std::nullopt;
        return static_cast<int>(std::min<std::int64_t>(*value, 1000));
    };
    facts.max_per_town = limit("max_concurrent_dispatches");
    facts.max_polecats_per_rig = limit("max_polecats_per_rig");
}

}  // namespace

town_actor::town_actor(environment& env, town_id id, std::optional<store::open_options> create)
    : env_(env), id_(std::move(id)), create_(std::move(create)) {}

void town_actor::close() noexcept {
    store_.reset();
}

void town_actor::refuse(std::deque<message>& batch, const failure& why) {
    while (!batch.empty()) {
        message m = std::move(batch.front());
        batch.pop_front();
        if (m.done) {
            m.done(why);
        } else if (kept_.size() < kept_max) {
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
    auto opened = store::town_store::open(env_.files.town_file(id_), options, now);
    if (!opened) {
        storage_trouble(opened.error(), now, opened.error().kind == errc::unavailable);
        return false;
    }
    create_.reset();
    store_ = std::move(*opened);
    return true;
}

void town_actor::read_facts(town::context& ctx) {
    if (const auto text = ctx.store.value("hold")) {
        if (const auto hold = parse_json(*text)) {
            const instant until = from_unix_ms(number_at(*hold, "until_ms").value_or(0));
            // No hold lasts longer than one could have been asked for, whatever the clock did.
            facts_.hold = town_hold{std::min(until, ctx.now + duration{720'000}),
                                    text_at(*hold, "cause").value_or("")};
        }
    }
    const auto epoch = ctx.store.value("epoch");
    facts_.epoch = epoch ? std::strtoull(epoch->c_str(), nullptr, 10) + 1 : 1;
    ctx.store.put_value("epoch", std::to_string(facts_.epoch));
}

// What a process that is gone left behind: starts whose answers nobody will bring.
void town_actor::recover(town::context& ctx) {
    breakers_ = {};
    for (const auto& row : ctx.store.breakers())
        put_row(breakers_, row, ctx.now, env_.from.draw(), ctx.with.rules.breaker);
    if (facts_.opened_at != instant{}) return;  // Only reopened: our own requests are still out.
    facts_.opened_at = ctx.now;
    read_facts(ctx);
    for (auto& d : ctx.store.load_live().dispatches) {
        // A clock that was ahead when the row was written must not stretch its grace.
        const auto& rules = ctx.with.rules.dispatch;
        const instant latest = ctx.now + rules.start_timeout + rules.heartbeat_timeout;
        if (d.state == dispatch_state::intent) {
            d.state = dispatch_state::unknown;
            d.outcome = attempt_outcome::unknown;
            d.error = dispatch_error{error_code::cancelled, error_phase::header, blame::unknown,
                                     "townd stopped while this start was in flight"};
        } else if (d.grace_at <= latest) {
            continue;
        }
        d.grace_at = std::min(d.grace_at, latest);
        ctx.store.put_dispatch(d);
    }
}

void town_actor::save_breakers(town::context& ctx) {
    for (const auto& key : ctx.breakers.take_changed()) {
        const auto found = ctx.breakers.entries().find(key);
        if (found != ctx.breakers.entries().end())
            ctx.store.put_breaker(to_row(key, found->second));
    }
    for (const auto& event : ctx.breakers.take_events()) {
        const auto& e = ctx.breakers.entries().at(event.key);
        ctx.tell([town = id_, key = event.key, scope = e.scope, role = e.role, cause = e.cause,
                  change = event.change](journal_port& journal) {
            journal.breaker_changed(
                town, key, to_text(scope), role ? to_text(*role) : "all", to_text(change.from),
                to_text(change.to),
                change.to == breaker_state::closed ? std::string_view{} : std::string_view{cause});
        });
    }
}

void town_actor::run(town::context& ctx, std::deque<message>& batch,
                     std::vector<result<json>>& answers) {
    for (auto& m : batch) {
        const breaker_set before = m.done ? breaker_set{} : ctx.breakers;
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
            if (!m.done) {  // An outcome that cannot be applied: told, and left to the polls.
                ctx.breakers = before;
                ctx.warn("outcome_dropped", answer.error().what);
            }
        }
        answers.push_back(std::move(answer));
        if (ctx.store.broken()) return;
    }
}

void town_actor::tick(town::context& ctx) {
    const instant began = ctx.now;
    int actions = 0;
    std::map<std::string, int> by_type;
    live_rows rows;
    plan next;
    const int reserved = env_.in_flight->reserve(starts_per_tick_max);
    for (int round = 0; round < ticks_per_cycle_max; ++round) {
        ctx.out.wake = false;
        const int events = town::apply_pending(ctx, events_per_tick_max);
        ctx.breakers.expire(ctx.now, env_.from.draw(), ctx.with.rules.breaker);
        rows = ctx.store.load_live();
        read_limits(ctx.store, ctx.facts);
        if (ctx.store.failed()) break;
        ctx.facts.daemon_slots = reserved - static_cast<int>(ctx.out.starts.size());
        ctx.facts.stopping = env_.stopping.load();
        const town_view view(rows, ctx.facts, ctx.with.rules, ctx.now);
        next = reconcile(view, ctx.breakers);
        for (const auto& p : next.actions)
            ++by_type[std::string{type_of(p.what)}];
        const waiting_counts waiting = next.waiting;
        const instant again = next.look_again_at;
        const bool more = !next.actions.empty() || events > 0;
        actions += town::apply(ctx, std::move(next));
        next = {};
        next.waiting = waiting;
        next.look_again_at = again;
        if (!more || !ctx.out.wake || ctx.store.failed()) break;
    }
    const int started = static_cast<int>(ctx.out.starts.size());
    env_.in_flight->release(reserved - started);
    if (reserved == started && next.waiting.total() > 0 && !env_.stopping.load())
        env_.in_flight->wait(id_);
    dirty_ = ctx.out.wake;
    look_again_at_ = next.look_again_at;
    active_ = !rows.dispatches.empty() || next.waiting.total() > 0 || !rows.stops.empty() ||
              std::any_of(rows.agents.begin(), rows.agents.end(),
                          [](const agent& a) { return a.status == agent_status::working; });
    last_tick_ = tick_metrics(ctx, by_type, actions);
    publish(ctx, rows, next.waiting);
    ctx.tell([town = id_, actions, started, took = env_.clock.now() - began](
                 journal_port& journal) { journal.tick_done(town, took, actions, started); });
}

void town_actor::finish(town::effects& out) {
    for (auto& tell : out.told)
        tell(env_.journal);
    for (auto& start : out.starts)
        dispatch_start(env_, id_, std::move(start));
    for (auto& stop : out.stops)
        dispatch_stop(env_, id_, std::move(stop));
    for (auto& poll : out.polls)
        dispatch_poll(env_, id_, std::move(poll));
}

void town_actor::cycle(std::deque<message>& inbox) {
    const instant now = env_.clock.now();
    tick_began_ = now;
    const auto with = env_.settings();
    const bool due = now >= due_at_;
    std::deque<message> batch;
    std::swap(batch, inbox);
    if (batch.empty() && loaded_ && !dirty_ && now < look_again_at_ && kept_.empty()) {
        // Nothing changed and nothing is due: the same state would give the same empty plan.
        ++ticks_;
        due_at_ = std::min(look_again_at_, now + (active_ ? with->rules.reconciler.interval
                                                          : with->rules.reconciler.idle_interval));
        env_.journal.tick_done(id_, duration{0}, 0, 0);
        if (summary_) env_.publish(ticked_again(*summary_, now, due_at_, ticks_));
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
    if (!loaded_) {
        town::context first{*store_, id_, now, *with, env_.from, breakers_, facts_, out};
        recover(first);
        breakers = breakers_;
        facts = facts_;
        dirty_ = true;
    }
    facts.stopping = env_.stopping.load();
    facts.daemon_slots =
        std::clamp(env_.in_flight->limit() - env_.in_flight->used(), 0, starts_per_tick_max);
    town::context ctx{*store_, id_, now, *with, env_.from, breakers, facts, out};
    run(ctx, batch, answers);
    if (!store_->failed()) {
        if (out.wake || store_->changed()) dirty_ = true;
        if (dirty_ || due || now >= look_again_at_) tick(ctx);
        save_breakers(ctx);
    }
    const auto committed = store_->commit();
    if (!committed) {
        env_.in_flight->release(static_cast<int>(out.starts.size()));
        const failure why = committed.error();
        if (!store_ || store_->broken() || !loaded_) {
            storage_trouble(why, now, false);
        } else {
            env_.journal.storage_failed(id_, "commit", why);
            due_at_ = now + reopen_first;
        }
        dirty_ = true;
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
    for (std::size_t i = 0; i < batch.size(); ++i)
        if (batch[i].done) batch[i].done(std::move(answers[i]));
    finish(out);
    const auto& pace = with->rules.reconciler;
    due_at_ = dirty_
                  ? now
                  : std::min(look_again_at_, now + (active_ ? pace.interval : pace.idle_interval));
    ++ticks_;
    ticked_ = true;
}

void town_actor::record_in_flight() {
    if (!store_ || !loaded_) return;
    store_->begin();
    for (auto& d : store_->load_live().dispatches) {
        if (d.state != dispatch_state::intent) continue;
        d.state = dispatch_state::unknown;
        d.outcome = attempt_outcome::unknown;
        d.error = dispatch_error{error_code::cancelled, error_phase::header, blame::unknown,
                                 "townd stopped while this start was in flight"};
        store_->put_dispatch(d);
    }
    if (const auto done = store_->commit(); !done)
        env_.journal.storage_failed(id_, "commit", done.error());
}

void town_actor::publish(town::context& ctx, const live_rows& rows, const waiting_counts& waiting) {
    // Counting closed work costs with its number: once a second is enough for pages, but what was
    // put off is made up for, or a town that falls idle would show old figures for long.
    counts_stale_ = counts_stale_ || store_->changed() || !counted_at_;
    if (counts_stale_ && (!counted_at_ || ctx.now - *counted_at_ >= count_every)) {
        counts_ = ctx.store.count_issues();
        counted_at_ = ctx.now;
        counts_stale_ = false;
    }
    if (counts_stale_) look_again_at_ = std::min(look_again_at_, *counted_at_ + count_every);
    for (const auto& d : rows.dispatches)
        if (d.started_at)
            last_success_at_ = std::max(last_success_at_.value_or(instant{}), *d.started_at);
    town_summary next = summarise(ctx, rows, waiting, counts_);
    next.last_tick = last_tick_;
    next.last_success_at = last_success_at_;
    next.last_tick_at = ctx.now;
    next.last_tick_took = env_.clock.now() - tick_began_;
    next.ticks = ticks_ + 1;
    next.next_tick_at = look_again_at_;
    if (summary_ && summary_->condition == next.condition && summary_->problem_since)
        next.problem_since = summary_->problem_since;
    summary_ = std::make_shared<const town_summary>(std::move(next));
    // Told with the commit: pages must not show what may yet be undone.
    ctx.tell([this, s = summary_](journal_port&) { env_.publish(s); });
}

void town_actor::publish_problem(instant now) {
    town_summary next = summary_ ? *summary_ : town_summary{};
    next.id = id_;
    if (next.name.empty()) next.name = id_;
    next.condition = set_aside_ ? town_condition::set_aside : town_condition::blocked;
    next.problem = problem_;
    next.problem_since = problem_since_;
    next.last_tick_at = now;
    next.next_tick_at = due_at_;
    summary_ = std::make_shared<const town_summary>(std::move(next));
    env_.publish(summary_);
}

}  // namespace townd::engine
