#include "process/start_oracle.hpp"

#include <poll.h>

#include <sstream>

#include "process/daemon_process.hpp"

namespace townd::test {

void start_oracle::hear(const json& event) {
    const auto what = text_at(event, "event").value_or("");
    const auto dispatch = text_at(event, "dispatch").value_or("");
    if (what == "start") {
        const auto bead = text_at(event, "bead").value_or("");
        bead_of[dispatch] = bead;
        if (++live[bead] > 1) wrong += "second live agent: " + event.dump() + "\n";
        const auto role = text_at(event, "role").value_or("");
        if (!attempts[bead + " " + role].insert(event.value("attempt", -1)).second)
            wrong += "an attempt began twice: " + event.dump() + "\n";
    } else if (what == "exit") {
        --live[bead_of[dispatch]];
    }
}

start_oracle start_oracle::read(const std::filesystem::path& log) {
    start_oracle out;
    std::istringstream in{read_file(log)};
    for (std::string line; std::getline(in, line);) {
        const auto event = parse_json(line);
        if (!event) out.wrong += "no JSON: " + line + "\n";
        if (event) out.hear(*event);
    }
    return out;
}

steady_load::steady_load(std::vector<town_caller> to, std::size_t at_most)
    : towns_(std::move(to)), beads_(towns_.size()), thread_([this, at_most] { run(at_most); }) {}

void steady_load::run(std::size_t at_most) {
    for (std::size_t i = 0; !enough_ && made_ < at_most; ++i) {
        const std::size_t at = i % towns_.size();
        const auto id = towns_[at].make_bead("task " + std::to_string(i));
        if (!id.empty()) {
            beads_[at].push_back(id);
            ++made_;
        }
        ::poll(nullptr, 0, 10);
    }
}

void steady_load::end() {
    enough_ = true;
    if (thread_.joinable()) thread_.join();
}

}  // namespace townd::test
