#include "sim/planted.hpp"

#include <map>
#include <memory>
#include <string>

#include "container/replies.hpp"
#include "engine/environment.hpp"
#include "sim/planted_stores.hpp"
#include "sim/planted_towns.hpp"
#include "town/outcomes.hpp"

namespace townd::sim::test {
namespace {

using done_function = std::function<void(http_answer)>;

// A port that changes answers on their way to the core.
class bent_port final : public container_port {
public:
    using bend = std::function<void(const http_call&, http_answer&, engine::environment&)>;
    bent_port(container_port& inner, engine::environment& env, bend how)
        : inner_(inner), env_(env), how_(std::move(how)) {}
    void call(http_call request, done_function done) override {
        http_call kept;
        kept.target = request.target;
        kept.body = request.body;
        inner_.call(std::move(request),
                    [this, kept = std::move(kept), done = std::move(done)](http_answer answer) {
                        how_(kept, answer, env_);
                        done(std::move(answer));
                    });
    }

private:
    container_port& inner_;
    engine::environment& env_;
    bend how_;
};

plants bent(bent_port::bend how) {
    plants out;
    out.containers = [how](container_port& inner, engine::environment& env) {
        return std::make_unique<bent_port>(inner, env, how);
    };
    return out;
}

bool is_start(const http_call& call) {
    return call.target == "/agents/start";
}
bool is_timeout(const http_answer& answer) {
    return answer.error && answer.error->code() == error_code::header_timeout;
}

plants timeout_is_definite() {
    return bent([](const http_call& call, http_answer& answer, engine::environment&) {
        if (is_start(call) && is_timeout(answer)) answer.request_sent = false;
    });
}

plants slot_leaks() {
    return bent([](const http_call& call, http_answer& answer, engine::environment& env) {
        if (is_start(call) && is_timeout(answer))
            static_cast<void>(
                env.in_flight->reserve("", 1, engine::start_class::proved, env.clock.now()));
    });
}

plants garbage_is_success() {
    return bent([](const http_call& call, http_answer& answer, engine::environment&) {
        if (!is_start(call) || answer.status != 200) return;
        const auto from = call.body.find("\"agentId\":\"") + 11;
        const auto agent = call.body.substr(from, call.body.find('"', from) - from);
        answer.status = 201;
        answer.body = R"({"agentId":")" + agent + R"(","status":"running"})";
    });
}

// What a process asked and never heard of, as the next one hears it.
class haunted_port final : public container_port {
public:
    using asked = std::map<std::string, std::string>;  // Dispatch, town.
    haunted_port(container_port& inner, engine::environment& env, std::shared_ptr<asked> open)
        : inner_(inner), open_(std::move(open)) {
        container::start_reply late;
        late.what = container::start_reply::kind::maybe_started;
        late.error = dispatch_error{error_code::header_timeout, error_phase::header,
                                    blame::infrastructure, "no answer within the deadline"};
        for (const auto& [id, town] : *open_)
            env.post(town, [id = id, late](town::context& ctx) -> result<json> {
                town::start_answered(ctx, id, late, {});
                return json();
            });
        open_->clear();
    }
    void call(http_call request, done_function done) override {
        std::string id;
        for (const auto& [name, value] : request.headers)
            if (name == "X-Dispatch-Id") id = value;
        if (id.empty()) {
            inner_.call(std::move(request), std::move(done));
            return;
        }
        open_->insert_or_assign(id, town_name(town_number(request.url.substr(7))));
        inner_.call(std::move(request),
                    [open = open_, id, done = std::move(done)](http_answer answer) {
                        open->erase(id);
                        done(std::move(answer));
                    });
    }

private:
    container_port& inner_;
    std::shared_ptr<asked> open_;
};

plants replies_outlive_the_process() {
    plants out;
    out.containers = [open = std::make_shared<haunted_port::asked>()](container_port& inner,
                                                                      engine::environment& env) {
        return std::make_unique<haunted_port>(inner, env, open);
    };
    return out;
}

// The fleet's leave never arrives.
plants doubt_never_gets_leave() {
    plants out;
    out.messages = [](fleet_message& message, instant) {
        message.advice.lease = 0;
        return true;
    };
    return out;
}

// A place whose time has come, or that is being tried, is open to all: what is stored of it stays.
plants doubt_lets_all_through() {
    plants out;
    out.before_cycle = [](int) -> engine::town_work {
        return [](town::context& ctx) -> result<json> {
            const auto entries = ctx.breakers.entries();
            for (const auto& [key, e] : entries) {
                if (e.scope != breaker_scope::place || !e.known.in_doubt()) continue;
                if (!e.known.trying() && e.known.next_try() > ctx.now) continue;
                breaker_entry next = e;
                next.known.forget(ctx.now);
                ctx.breakers.put(key, std::move(next));
            }
            return json();
        };
    };
    return out;
}

plants no_look_after_storage_trouble() {
    plants out;
    out.due = [](int, instant wanted, bool trouble) { return trouble ? never : wanted; };
    return out;
}

plants one_town_stops_the_rest() {
    plants out;
    out.due = [stuck = std::make_shared<bool>(false)](int, instant wanted, bool trouble) {
        *stuck = *stuck || trouble;
        return *stuck ? never : wanted;
    };
    return out;
}

plants refused_without_text() {
    return errors_without_text(error_code::connect_refused);
}
plants timeout_without_text() {
    return errors_without_text(error_code::header_timeout);
}

}  // namespace

const std::vector<planted_bug>& planted_bugs() {
    using enum container_model;
    static const std::vector<planted_bug> all{
        {"IntentAfterTheRequest", late_commits, naive, 50},
        {"IntentLazyAndPowerLost", lazy_commits, naive, 500},
        {"TimeoutTakenAsNotStarted", timeout_is_definite, naive, 2000},
        {"WaitNotPersisted", waits_not_kept, naive, 500},
        {"RefusalWithoutText", refused_without_text, naive, 500},
        {"TimeoutWithoutText", timeout_without_text, naive, 500},
        {"SlotLeakedOnTimeout", slot_leaks, naive, 500},
        {"DoubtNeverGetsLeave", doubt_never_gets_leave, contract, 500},
        {"DoubtLetsAllThrough", doubt_lets_all_through, contract, 500},
        {"NoLookAfterStorageTrouble", no_look_after_storage_trouble, contract, 500},
        {"OneTownStopsTheRest", one_town_stops_the_rest, contract, 500},
        {"AttemptsUnbounded", attempts_not_counted, contract, 5000},
        {"FailedCountsAsLanded", failed_counts_as_landed, contract, 2000},
        {"LandingWithoutWaits", landing_without_waits, contract, 2000},
        {"EvictionCharged", eviction_charged, contract, 500},
        {"DrainWithoutTimeout", drain_without_timeout, contract, 2000},
        {"DrainForgotten", drain_forgotten, contract, 500},
        {"TriageWithoutBound", triage_without_bound, contract, 2000},
        {"HookedAgentSwept", hooked_agent_swept, contract, 500},
        {"RestartsWithoutBound", restarts_without_bound, contract, 500},
        {"NudgedAgainAndAgain", nudged_again_and_again, contract, 500},
        {"FailedReviewTakenAsMerged", review_closed_by_itself, contract, 500},
        {"GarbageTakenAsSuccess", garbage_is_success, naive, 1000, true,
         "An agent that does not run gives no heartbeat: the status poll ends its session."},
        {"ReplyAfterRestart", replies_outlive_the_process, naive, 1000, true,
         "A reply is matched with its attempt, and what it says of that attempt stays true."},
    };
    return all;
}

}  // namespace townd::sim::test
