#include "engine/dispatcher.hpp"

#include <utility>

#include "container/replies.hpp"
#include "town/outcomes.hpp"

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

}  // namespace townd::engine
