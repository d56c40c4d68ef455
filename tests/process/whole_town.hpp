#pragma once
// One town with its container, for tests of what a town does beside dispatching single beads.

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "process/daemon_process.hpp"
#include "process/http_client.hpp"
#include "process/pages.hpp"
#include "process/standin_thread.hpp"

namespace townd::test {

class whole_town : public testing::Test {
protected:
    /// The daemon keeps its address over restarts, for agents that call back. With `socket` the
    /// API is called there, where no token is asked for.
    void begin(const config_keys& changes = {}, standin::options opts = fast_standin(),
               const std::filesystem::path& socket = {});
    /// kill -9 of the daemon, and the next one.
    void kill_and_start();

    std::filesystem::path log_file() const { return daemon_.dir() / "starts.jsonl"; }
    /// The stand-in's own record, in the order in which things happened.
    std::vector<json> record() const;
    /// Starts of agents on the bead that took effect.
    std::vector<standin::start_seen> begun(const std::string& bead) const;
    bool begins(const std::string& bead, std::size_t times = 1) const;
    /// Beads of the rig with the label.
    std::vector<json> labelled(const std::string& label, const std::string& query = {}) const;
    /// The first bead with the label, as soon as there is one; empty: there was none.
    std::string wait_for_labelled(const std::string& label) const;
    bool has(const std::string& bead, std::string_view status,
             duration patience = duration{60'000}) const;
    json drain_status() const { return town_.town_call("GET", "/drain-status").data(); }
    bool draining() const { return member(drain_status(), "draining") == true; }
    std::string explain(const std::string& bead) const;
    /// Lines of the running daemon's log that hold the words.
    int told(const std::string& words) const;

    standin_thread stage_;
    daemon_process daemon_;
    standin::container* container_ = nullptr;
    town_caller town_;
};

/// The body of the start request.
json body_of(const standin::start_seen& start);

}  // namespace townd::test
