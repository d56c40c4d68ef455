#pragma once
// What dies with a daemon process.

#include <string>
#include <utility>

#include "sim/daemon.hpp"
#include "sim/journal.hpp"

namespace townd::sim {

struct daemon::process {
    /// From the core: through what a planted bug put in between, if anything.
    class front_gate final : public container_port {
    public:
        explicit front_gate(process& of) : process_(of) {}
        void call(http_call request, std::function<void(http_answer)> done) override {
            auto& next = process_.planted ? *process_.planted : process_.back;
            next.call(std::move(request), std::move(done));
        }

    private:
        process& process_;
    };
    /// To the world: nothing passes after the kill.
    class back_gate final : public container_port {
    public:
        explicit back_gate(daemon& of) : daemon_(of) {}
        void call(http_call request, std::function<void(http_answer)> done) override {
            if (daemon_.step()) daemon_.port_->call(std::move(request), std::move(done));
        }

    private:
        daemon& daemon_;
    };

    explicit process(daemon& of);
    process(const process&) = delete;
    process& operator=(const process&) = delete;

    sim_journal journal;
    front_gate front;
    back_gate back;
    std::unique_ptr<container_port> planted;
    engine::slots in_flight;
    std::unique_ptr<engine::environment> env;
    std::unique_ptr<coordinator> outages;
    std::vector<home> homes;
    std::deque<std::uint32_t> ready;
    bool stopping = false;
};

}  // namespace townd::sim
