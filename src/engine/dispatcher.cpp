#include "engine/dispatcher.hpp"

#include <utility>

#include "container/replies.hpp"
#include "town/mail.hpp"
#include "town/outcomes.hpp"
#include "town/start_request.hpp"
#include "town/upkeep.hpp"

namespace townd::engine {

namespace {

// Gives the daemon's slot back when the outcome is on its way to its town, whatever happens: a
// daemon without starts in flight has all its outcomes.
struct freed_slot {
    slots& of;
    start_class as;
    freed_slot(slots& which, start_class whose) : of(which), as(whose) {}
    ~freed_slot() { of.release(1, as); }
    freed_slot(const freed_slot&) = delete;
    freed_slot& operator=(const freed_slot&) = delete;
};

}  // namespace

void dispatch_start(environment& env, const town_id& town, town::launch start) {
    const permit leave = std::move(start.leave);  // Used up by this call.
    static_cast<void>(leave);
    const auto as = static_cast<start_class>(start.slot_class);
    env.containers.call(std::move(start.call), [&env, town, as, id = start.what.id,
                                                agent = start.what.agent](http_answer answer) {
        const freed_slot at_end{*env.in_flight, as};
        auto said = container::read_start(answer, agent);
        env.post(town,
                 [id, said = std::move(said),
                  phases = std::move(answer.phases)](town::context& ctx) -> result<json> {
                     town::start_answered(ctx, id, said, phases);
                     return json();
                 });
    });
}

void dispatch_stop(environment& env, const town_id& town, town::agent_call stop) {
    env.containers.call(std::move(stop.call), [&env, town, agent = std::move(stop.agent)](
                                                  const http_answer& answer) {
        const bool confirmed = container::stop_confirmed(answer);
        const bool answered = answer.status.has_value();
        env.post(town, [agent, confirmed, answered](town::context& ctx) -> result<json> {
            town::stop_answered(ctx, agent, confirmed, answered);
            return json();
        });
    });
}

void dispatch_poll(environment& env, const town_id& town, town::agent_call poll) {
    env.containers.call(std::move(poll.call), [&env, town, agent = std::move(poll.agent)](
                                                  const http_answer& answer) {
        auto said = container::read_status(answer);
        env.post(town, [agent, said = std::move(said)](town::context& ctx) -> result<json> {
            town::status_answered(ctx, agent, said);
            return json();
        });
    });
}

namespace {

using answered = std::function<void(town::context&)>;

void post(environment& env, const town_id& town, answered what) {
    env.post(town, [what = std::move(what)](town::context& ctx) -> result<json> {
        what(ctx);
        return json();
    });
}

bool is_ok(const http_answer& answer) {
    return answer.status && *answer.status >= 200 && *answer.status < 300;
}

std::string cause_of(const http_answer& answer) {
    if (answer.error) return answer.error->message();
    return "HTTP " + std::to_string(answer.status.value_or(0));
}

void ask_forge(environment& env, const town_id& town, town::upkeep_call call) {
    if (env.forge == nullptr) return;
    env.forge->ask(std::move(call.call.url),
                   [&env, town, request = std::move(call.subject)](const pr_answer& answer) {
                       post(env, town, [request, answer](town::context& ctx) {
                           town::pull_request_answered(ctx, request, answer);
                       });
                   });
}

// By a command when there is one, else by a call.
void ask_restart(environment& env, const town_id& town, town::upkeep_call call) {
    auto command = env.settings()->restart_command;
    if (!command.empty() && env.run_command) {
        for (auto& word : command)
            word = town::with_town(std::move(word), town);
        env.run_command(std::move(command), [&env, town](const result<void>& done) {
            const std::string cause = done ? std::string{} : done.error().what;
            post(env, town, [ok = done.has_value(), cause](town::context& ctx) {
                town::restart_answered(ctx, ok, cause);
            });
        });
        return;
    }
    env.containers.call(std::move(call.call), [&env, town](const http_answer& answer) {
        post(env, town, [ok = is_ok(answer), cause = cause_of(answer)](town::context& ctx) {
            town::restart_answered(ctx, ok, cause);
        });
    });
}

}  // namespace

void dispatch_upkeep(environment& env, const town_id& town, town::upkeep_call call) {
    using kind = town::upkeep_call::kind;
    if (call.what == kind::pull_request) return ask_forge(env, town, std::move(call));
    if (call.what == kind::restart) return ask_restart(env, town, std::move(call));
    env.containers.call(
        std::move(call.call), [&env, town, what = call.what,
                               subject = std::move(call.subject)](const http_answer& answer) {
            post(env, town,
                 [what, subject, ok = is_ok(answer), cause = cause_of(answer)](town::context& ctx) {
                     if (what == kind::health) town::check_answered(ctx, ok, cause);
                     if (what == kind::token) town::renew_answered(ctx, ok);
                     if (what == kind::message) town::delivery_answered(ctx, subject, ok);
                 });
        });
}

}  // namespace townd::engine
