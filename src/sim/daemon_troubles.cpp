// How a daemon ends, stands still and comes back.

#include <utility>

#include "sim/daemon.hpp"
#include "sim/process.hpp"

namespace townd::sim {
namespace {

constexpr int steps_max = 12;
constexpr duration kill_patience{3'000};

}  // namespace

bool daemon::is_planned(const happening& what) const {
    return what.arg == stage_.fault_generation;
}

void daemon::plan(fault what, kind event) {
    const double rate = stage_.faults.strength(0, what);
    if (rate > 0.0) stage_.in(stage_.chance.until_next(rate), event, 0, stage_.fault_generation);
}

void daemon::plan_troubles() {
    plan(fault::kill, kind::kill_due);
    plan(fault::graceful_restart, kind::restart_due);
    plan(fault::pause, kind::pause_due);
    plan(fault::power_loss, kind::power_loss_due);
    for (int town = 0; town < stage_.options.towns; ++town) {
        if (stage_.faults.of(town).empty()) continue;
        const double rate = stage_.faults.strength(town, fault::commit_error);
        if (rate > 0.0)
            stage_.in(stage_.chance.until_next(rate), kind::commit_error_due,
                      static_cast<std::uint32_t>(town), stage_.fault_generation);
    }
}

void daemon::happen(const happening& what) {
    switch (what.what) {
        case kind::town_due:
            town_due(what);
            return;
        case kind::kill_due:
        case kind::power_loss_due: {
            if (!is_planned(what)) return;
            const bool power = what.what == kind::power_loss_due;
            plan(power ? fault::power_loss : fault::kill, what.what);
            if (!process_ || steps_left_ >= 0) return;
            stage_.struck(power ? fault::power_loss : fault::kill);
            power_too_ = power;
            kill_within(kill_patience);
            return;
        }
        case kind::planned_kill:
            if (!process_ || steps_left_ >= 0) return;
            stage_.struck(fault::kill);
            power_too_ = false;
            kill_within(kill_patience);
            return;
        case kind::kill_over:
            if (process_ && what.arg == processes_ && !frozen_) killed(power_too_);
            return;
        case kind::restart_due:
            if (!is_planned(what)) return;
            plan(fault::graceful_restart, what.what);
            if (!is_running()) return;
            stage_.struck(fault::graceful_restart);
            stop_gracefully();
            return;
        case kind::pause_due:
            if (!is_planned(what)) return;
            plan(fault::pause, what.what);
            if (!is_running()) return;
            stage_.struck(fault::pause);
            stage_.line([] { return "townd stands still"; });
            paused_ = true;
            oracle_.daemon_paused();
            if (stage_.options.watch != nullptr)
                stage_.options.watch->daemon_changed(stage_.now(), false);
            stage_.in(stage_.chance.between(duration{1'000}, duration{120'000}),
                      kind::daemon_resumes, 0, processes_);
            return;
        case kind::daemon_resumes:
            if (!process_ || !paused_ || what.arg != processes_) return;
            paused_ = false;
            stage_.line([] { return "townd goes on"; });
            for (auto& h : process_->homes)
                h.last_cycle = stage_.now();
            oracle_.daemon_back();
            if (stage_.options.watch != nullptr)
                stage_.options.watch->daemon_changed(stage_.now(), true);
            return;
        case kind::coordinator_due:
            if (!process_ || !process_->outages || what.arg != processes_) return;
            if (paused_)
                process_->outages->put_off(what);
            else
                process_->outages->turn(what);
            return;
        case kind::daemon_up:
            if (!process_ && what.arg == processes_) start();
            return;
        case kind::commit_error_due:
            if (!is_planned(what)) return;
            stage_.in(stage_.chance.until_next(
                          stage_.faults.strength(static_cast<int>(what.town), fault::commit_error)),
                      kind::commit_error_due, what.town, what.arg);
            stage_.struck(fault::commit_error);
            disk_.fail_commits(what.town, stage_.chance.between(1, 5));
            return;
        default:
            return;
    }
}

// Soon, at a step that is drawn: between a commit and its request as often as not.
void daemon::kill_within(duration limit) {
    steps_left_ = stage_.chance.between(0, steps_max);
    stage_.in(limit, kind::kill_over, 0, processes_);
}

void daemon::killed(bool power_lost) {
    stage_.record(61, power_lost ? 1 : 0);
    stage_.line([&] { return std::string{power_lost ? "power is lost" : "townd is gone"}; });
    frozen_ = true;
    port_->drop_callers();
    forge_->drop_callers();
    if (power_lost) disk_.power_loss();
    down(duration{120'000});
}

void daemon::down(duration for_up_to) {
    process_.reset();
    oracle_.daemon_gone();
    frozen_ = false;
    paused_ = false;
    steps_left_ = -1;
    if (stage_.options.watch != nullptr) stage_.options.watch->daemon_changed(stage_.now(), false);
    stage_.in(stage_.chance.between(duration{200}, for_up_to), kind::daemon_up, 0, processes_);
}

// SIGTERM: no new starts, what came back is written, the rest is recorded as unknown.
void daemon::stop_gracefully() {
    stage_.line([] { return "townd stops"; });
    auto& p = *process_;
    p.env->stopping.store(true);
    p.stopping = true;
    port_->drop_callers();
    forge_->drop_callers();
    for (auto& h : p.homes) {
        if (!h.actor) continue;
        std::deque<engine::message> inbox = std::move(h.inbox);
        if (!inbox.empty()) h.actor->cycle(inbox);
        h.actor->record_in_flight();
        h.actor->close();
    }
    stage_.record(62);
    down(duration{120'000});
}

void daemon::add_town(std::uint32_t town) {
    stage_.absent[town] = false;
    if (process_ && !process_->stopping) make_actor(town);
}

// As the fleet does it: nothing comes for the town any more, its thread lets go of it, and only
// then do the others hear that it is gone.
void daemon::delete_town(std::uint32_t town) {
    stage_.absent[town] = true;
    summaries_[town].reset();
    if (!process_) return;
    auto& h = process_->homes[town];
    if (h.actor) h.actor->close();
    h.actor.reset();
    h.inbox.clear();
    h.planned = never;
    if (process_->outages) process_->outages->tell(town_gone{town_name(static_cast<int>(town))});
}

void daemon::sweep() {
    if (!is_running()) return;
    for (std::uint32_t town = 0; town < process_->homes.size(); ++town) {
        if (stage_.absent[town]) continue;
        oracle_.cycled(town, process_->homes[town].last_cycle);
        oracle_.sweep(town);
    }
}

void daemon::heal() {
    disk_.heal();
    paused_ = false;
    steps_left_ = -1;
    power_too_ = false;
    if (!process_) {
        start();
        return;
    }
    for (auto& h : process_->homes)
        h.last_cycle = stage_.now();
    oracle_.daemon_back();
}

}  // namespace townd::sim
