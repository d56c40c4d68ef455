#pragma once
// What dies with a daemon process.

#include <string>
#include <utility>

#include "sim/daemon.hpp"
#include "sim/journal.hpp"

namespace townd::sim {

struct daemon::process {
    /// The way from the core to the containers: nothing passes after the kill.
    class gate final : public container_port {
    public:
        explicit gate(daemon& of) : daemon_(of) {}
        void call(http_call request, std::function<void(http_answer)> done) override {
            if (daemon_.step()) daemon_.port_->call(std::move(request), std::move(done));
        }

    private:
        daemon& daemon_;
    };

    explicit process(daemon& of);
    process(const process&) = delete;
    process& operator=(const process&) = delete;

    std::unique_ptr<container_port> planted;
    sim_journal journal;
    gate port;
    engine::slots in_flight;
    std::unique_ptr<engine::environment> env;
    std::vector<home> homes;
    std::deque<std::uint32_t> ready;
    bool stopping = false;
};

}  // namespace townd::sim
