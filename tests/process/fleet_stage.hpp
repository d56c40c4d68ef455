#pragma once
// Many towns whose containers stand on one platform, which can break and heal under all of them at
// once; and what the daemon's policy allows meanwhile.

#include <string>
#include <vector>

#include "process/daemon_process.hpp"
#include "process/http_client.hpp"
#include "process/pages.hpp"
#include "process/standin_thread.hpp"

namespace townd::test {

/// The shipped policy with every time so many times shorter. Two are not: connects and waits for a
/// retry are long enough for a machine that has much else to do.
config_keys shipped_over(int factor);

/// Sum of the series of that name whose labels hold all of `labels`, as `role="polecat"`; -1 when
/// there is none.
double metric(const std::string& pages, const std::string& name,
              const std::vector<std::string>& labels = {});
/// Lines of the daemon's log that hold all of these.
int lines_with(const daemon_process& of, const std::vector<std::string>& words);

class fleet_stage {
public:
    struct place {
        standin::container* container = nullptr;
        town_caller town;
        std::string bead;  ///< Its first.
    };

    /// `shaken` towns on the platform and `apart` towns that no trouble of it reaches.
    explicit fleet_stage(int factor, config_keys changes = {},
                         std::map<std::string, std::string> environment = {});
    /// Starts the daemon, makes the towns and a bead in each of the shaken ones. Nothing is started
    /// before `let_go`. False: see daemon().err().
    [[nodiscard]] bool begin(int shaken, int apart, standin::options well = fast_standin());
    /// One more, apart.
    place& add(standin::options how);
    place& add(const std::string& url);
    bool let_go();
    /// Starts of polecats fail on the platform from now on.
    void shake();
    void heal();

    std::vector<place>& shaken() { return shaken_; }
    std::vector<place>& apart() { return apart_; }
    daemon_process& daemon() { return daemon_; }
    pages at() const { return pages(daemon_); }
    /// After a restart on another address.
    void move_to_daemon();
    /// An operator's order, through the socket.
    http_reply order(const std::string& target, const json& body) const;

    /// Polecats' starts that the platform has seen.
    std::size_t starts_seen() const;
    /// So many failed starts the policy allows since `let_go`: each town's first one and the
    /// probes, one at a time at the shared pace; and `few`.
    std::size_t starts_allowed(std::size_t few) const;
    duration since_let_go() const;
    duration scaled(duration shipped) const { return shipped / factor_; }
    double outages(const char* change) const;

    /// Makes a bead in each town apart and waits until all are closed. What is not, or nothing.
    std::string work_apart();
    /// Waits until a polecat began in each of the shaken towns. False: `patience` is over.
    bool all_dispatch(duration patience);
    /// Waits until the first beads of the shaken towns are closed; each that is not with its
    /// reason, and each that was charged.
    std::string first_beads_trouble();

private:
    int factor_;
    standin_thread stage_;
    daemon_process daemon_;
    std::vector<place> shaken_;
    std::vector<place> apart_;
    instant let_go_at_{};
};

}  // namespace townd::test
