// Bugs of the fleet's policy, planted outside the core.

#include <algorithm>
#include <memory>

#include "engine/environment.hpp"
#include "sim/fleet_bugs_desk.hpp"
#include "sim/fleet_worlds.hpp"
#include "sim/forwarding_store.hpp"
#include "town/callbacks.hpp"

namespace townd::sim::test {
namespace {

using town_file = std::unique_ptr<store::town_store>;

template <class Change>
plants other_rules(Change change) {
    plants out;
    out.rules = change;
    return out;
}

plants breakers_open_for_a_moment() {
    return other_rules([](policy& p) {
        p.breaker.agent.open = duration{1};
        p.breaker.agent.max_open = duration{1};
        p.retry.first = duration{1};
        p.retry.then = duration{1};
        p.retry.max = duration{1};
    });
}

plants waits_that_do_not_grow() {
    return other_rules([](policy& p) { p.retry.then = p.retry.max = p.retry.first; });
}

plants sweeps_without_end() {
    return other_rules([](policy& p) { p.retry.sweeps_per_town = 1'000; });
}

plants failed_starts_without_budget() {
    return other_rules([](policy& p) { p.dispatch.failed_starts_per_hour = 100'000; });
}

plants starts_without_budget() {
    return other_rules([](policy& p) { p.dispatch.starts_per_hour = 100'000; });
}

plants no_slow_start() {
    return other_rules([](policy& p) { p.dispatch.slow_start = duration{0}; });
}

plants canaries_every_second() {
    return other_rules([](policy& p) { p.retry.per_hour = 3'600; });
}

// Each town by itself: no leave is asked for.
plants starts_without_leave() {
    return other_rules([](policy& p) { p.outage.mode = outage_mode::off; });
}

plants outage_of_two() {
    return other_rules([](policy& p) {
        p.outage.min_towns = 2;
        p.outage.town_share_percent = 1;
    });
}

plants given_up_too_late() {
    return other_rules([](policy& p) { p.dispatch.max_attempts = 9; });
}

// What a container asks for is not heard.
class deaf_port final : public container_port {
public:
    explicit deaf_port(container_port& inner) : inner_(inner) {}
    void call(http_call request, std::function<void(http_answer)> done) override {
        inner_.call(std::move(request), [done = std::move(done)](http_answer answer) {
            answer.retry_after.reset();
            done(std::move(answer));
        });
    }

private:
    container_port& inner_;
};

plants retry_after_unheard() {
    plants out;
    out.containers = [](container_port& inner, engine::environment&) {
        return std::make_unique<deaf_port>(inner);
    };
    return out;
}

// A mayor's session is over as soon as it runs, and its letter is never read.
result<json> end_mayors(town::context& ctx) {
    const auto rows = ctx.store.load_live();
    for (const auto& d : rows.dispatches)
        if (d.role == agent_role::mayor && d.state == dispatch_state::started)
            static_cast<void>(town::completed(ctx, d.agent, d.id, false, "completed"));
    return json();
}

class unread_letters final : public forwarding_store {
public:
    using forwarding_store::forwarding_store;
    void put_bead(const bead& b) override {
        if (b.type != bead_type::message || !is_terminal(b.status)) inner().put_bead(b);
    }
};

class keeps_charges final : public forwarding_store {
public:
    using forwarding_store::forwarding_store;
    void put_bead(const bead& b) override {
        bead row = b;
        const auto before = inner().find_bead(b.id);
        if (before)
            row.dispatch_attempts = std::max(row.dispatch_attempts, before->dispatch_attempts);
        inner().put_bead(row);
    }
};

template <class Store>
plants through_store() {
    plants out;
    out.store = [](int, town_file of) -> town_file {
        return std::make_unique<Store>(std::move(of));
    };
    return out;
}

plants letters_never_read() {
    plants out = through_store<unread_letters>();
    out.before_cycle = [](int) -> engine::town_work { return end_mayors; };
    return out;
}
plants charges_never_taken_back() {
    return through_store<keeps_charges>();
}

}  // namespace

const std::vector<fleet_bug>& fleet_bugs() {
    using enum bound;
    static const std::vector<fleet_bug> all{
        {"BreakersOpenForAMillisecond",
         "one-refuses",
         breakers_open_for_a_moment,
         {early, agent_breaker}},
        {"WaitsThatDoNotGrow", "one-refuses", waits_that_do_not_grow, {early}},
        {"FailedStartsPerHourIgnored", "one-flaky", failed_starts_without_budget, {failed_budget}},
        {"StartsPerHourIgnored", "few-an-hour", starts_without_budget, {start_budget}},
        {"SlowStartOff", "busy", no_slow_start, {slow_start}},
        {"CanariesEverySecond", "most-refuse", canaries_every_second, {fleet_hour}},
        {"SweepsWithoutEnd", "most-at-random", sweeps_without_end, {early}},
        {"StartsWithoutLeave", "most-refuse", starts_without_leave, {fleet_hour, fleet_first_hour}},
        {"LeaveForAll", "one-refuses", leave_for_all, {early, town_hour}},
        {"NoLeaveEver", "most-refuse", no_leave_ever, {repaired}},
        {"LeasesComeTooLate", "five-of-five", leases_come_too_late, {repaired_few}},
        {"FailuresNotCounted",
         "most-at-random",
         failures_not_counted,
         {fleet_hour, town_hour, town_first_hour}},
        {"OutageNeverClosed", "most-refuse", recoveries_unheard, {stale_outage}},
        {"OutageOfTwo", "three-refuse", outage_of_two, {false_outage}},
        {"AnswersToldAsSurvival", "die-young-in-most", answers_told_as_survival, {early}},
        {"AnswersCloseEverything", "die-young-in-one", answers_close_everything, {early, one_try}},
        {"SameRigProbed", "one-rig-repaired", same_rig_probed, {starved, repaired_few}},
        {"DuePlacesLetAllThrough", "five-of-five", due_places_let_all_through, {early, one_try}},
        {"GivenUpTooLate", "bad-beads", given_up_too_late, {bad_bead}},
        {"RetryAfterUnheard", "one-limited", retry_after_unheard, {retry_after}},
        {"MayorStartedWithoutEnd", "letters", letters_never_read, {mayor}},
        {"ChargesNeverTakenBack", "work-fails-in-most", charges_never_taken_back, {refund, lost}},
        {"OutagesUntold", "one-bead-each", outages_untold, {refund, lost}},
    };
    return all;
}

}  // namespace townd::sim::test
