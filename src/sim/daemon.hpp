#pragma once
// One daemon process over the real town actors, single-threaded: the counterpart of
// engine/town_threads.cpp. It can be killed at any step and started again; what is not in the
// towns' files is lost then.

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "engine/town_actor.hpp"
#include "sim/api.hpp"
#include "sim/containers.hpp"
#include "sim/coordinator.hpp"
#include "sim/disk.hpp"
#include "sim/forge.hpp"
#include "sim/oracle.hpp"
#include "sim/stage.hpp"

namespace townd::sim {

class daemon final : public town_api, public row_watch {
public:
    daemon(stage& on, disk& files, oracle& judge);
    ~daemon() override;
    /// Once, before `start`: the two know each other.
    void reach(containers& port, forge& prs) {
        port_ = &port;
        forge_ = &prs;
    }

    void start();
    bool call(std::uint32_t town, engine::town_work work, engine::reply done) override;
    /// Serves one town that is ready; false when none is.
    bool serve();
    void happen(const happening& what);
    /// Has the oracle look at all towns.
    void sweep();
    /// The next kills, pauses and errors, by the faults in force.
    void plan_troubles();
    /// The town exists from now on.
    void add_town(std::uint32_t town);
    /// Its actor goes, then the fleet is told. What is asked of it reaches nobody.
    void delete_town(std::uint32_t town);
    /// Up and running, and no trouble is planned.
    void heal();

    [[nodiscard]] bool is_up() const noexcept { return process_ != nullptr; }
    [[nodiscard]] bool is_running() const noexcept { return process_ != nullptr && !paused_; }
    [[nodiscard]] const engine::town_summary* summary(std::uint32_t town) const;
    [[nodiscard]] std::vector<outage_summary> outages() const;
    [[nodiscard]] int slots_used() const;

    void opened(std::uint32_t town, store::town_store& file) override;
    void closed(std::uint32_t town) override;
    void committed(std::uint32_t town, const std::vector<row_change>& changes) override;
    bool step() override;

private:
    struct home {
        std::unique_ptr<engine::town_actor> actor;
        std::deque<engine::message> inbox;
        instant planned = never;  ///< Of the event that looks at it next.
        instant last_cycle{};
        int at_once = 0;  ///< Cycles at this moment.
        bool queued = false;
    };
    struct process;

    void post(std::uint32_t town, engine::message m);
    void enqueue(std::uint32_t town);
    void plan_due(std::uint32_t town, instant due);
    void cycle(std::uint32_t town);
    void make_actor(std::uint32_t town);
    void town_due(const happening& what);
    void kill_within(duration limit);
    void killed(bool power_lost);
    void stop_gracefully();
    void down(duration for_up_to);
    [[nodiscard]] bool is_planned(const happening& what) const;
    void plan(fault what, kind event);

    stage& stage_;
    disk& disk_;
    oracle& oracle_;
    containers* port_ = nullptr;
    forge* forge_ = nullptr;
    outage_file outage_file_;  ///< Outlives the processes, which write to it when they end.
    std::unique_ptr<process> process_;
    std::vector<std::shared_ptr<const engine::town_summary>> summaries_;
    std::uint64_t processes_ = 0;  ///< Events of an older one are void.
    bool paused_ = false;
    int steps_left_ = -1;  ///< Until the kill; below 0: none is due.
    bool frozen_ = false;  ///< Killed in the middle of a cycle: nothing more happens.
    bool power_too_ = false;
};

}  // namespace townd::sim
