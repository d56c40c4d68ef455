#pragma once
// Many towns whose starts come to grief in ways of the test's own: a front before each container
// says what goes wrong, and counts it. All counts are taken there, not from what the daemon says.

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "process/fleet_stage.hpp"
#include "process/raw_container.hpp"

namespace townd::test {

/// Stands before one town's container. While it is broken its fault answers the polecats' starts;
/// whatever else comes goes through.
class front {
public:
    /// The answer to a start; nothing: it goes through.
    using fault = std::function<std::string(const std::string& request)>;

    /// `broken` and `behind` outlive it. Starts go to the first of `behind`; questions after an
    /// agent to each of them until one knows it.
    front(std::vector<const standin::container*> behind, fault how);
    [[nodiscard]] std::string url() const { return way_.url(); }
    void heal() { broken_ = false; }
    /// Starts of polecats that the fault answered, and those that went through.
    [[nodiscard]] int troubled() const { return troubled_; }
    [[nodiscard]] int passed() const { return passed_; }

private:
    std::string answer(const std::string& request);
    std::string pass(const std::string& request) const;

    std::vector<const standin::container*> behind_;
    fault fault_;
    std::atomic<bool> broken_{true};
    std::atomic<int> troubled_{0};
    std::atomic<int> passed_{0};
    raw_container way_;  // The last: it calls the others.
};

/// A front's fault: that answer to every start.
front::fault always(std::string answer);

class troubled_fleet {
public:
    static constexpr duration long_patience{90'000};
    static constexpr int faster = 30;  ///< One second is half a minute.
    struct ill_town {
        std::unique_ptr<front> way;
        town_caller town;
        std::vector<std::string> beads;
    };

    explicit troubled_fleet(config_keys changes = {}) : stage_(faster, std::move(changes)) {}
    /// Starts the daemon. Nothing is dispatched before `let_go`. False: see told().
    [[nodiscard]] bool begin();
    /// A town that is ill by `how`, with so many beads. `other`: a stand-in that the fault sends
    /// starts to, if any.
    ill_town& add_ill(front::fault how, int beads, const standin::container* other = nullptr);
    /// One that nothing is wrong with.
    void add_well() { stage_.add(fast_standin()); }
    bool let_go() { return stage_.let_go(); }
    /// A container that faults may send starts to.
    standin::container& add_container(standin::options how) { return containers_.add(how); }

    std::vector<ill_town>& ill() { return ill_; }
    fleet_stage& stage() { return stage_; }
    pages at() const { return stage_.at(); }

    /// Works in the healthy towns, round after round, until the trouble is so old. What was not
    /// done there, or nothing.
    std::string work_beside(duration trouble_lasts);
    void heal();
    int troubled() const;
    /// Ill towns where nothing was tried yet.
    int untried() const;
    /// So many troubled starts the policy allows since `let_go`: `first`, of which nobody can know,
    /// then one at a time at the shared pace; and a few that run side by side.
    int allowed(int first) const;
    /// So often was an outage of that stage opened, by the daemon's log.
    [[nodiscard]] int opened(const std::string& stage);
    /// Waits until all beads of these towns are closed, for so long together. Those that are not,
    /// with their reasons; and those that were charged or are remembered as failed.
    std::string unfinished(const std::vector<const ill_town*>& of,
                           duration patience = long_patience);
    std::string unfinished(duration patience = long_patience);
    /// Sessions that the ill towns' beads are charged for.
    int charges() const;
    /// Beads that were given up: failed, or parked.
    std::string given_up() const;
    /// What the daemon says of it all: for a test that fails.
    std::string told();

private:
    standin_thread containers_;
    std::vector<ill_town> ill_;
    fleet_stage stage_;
};

}  // namespace townd::test
