#pragma once
// What a stand-in's own record says of a time of trouble: whether anything was started twice; and
// the load that it is tested under.

#include <atomic>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "json/json.hpp"
#include "process/http_client.hpp"

namespace townd::test {

/// The sessions of each bead, from `standin::options::start_log`.
struct start_oracle {
    std::map<std::string, std::string> bead_of;     ///< Session's dispatch -> bead it began with.
    std::map<std::string, int> live;                ///< By bead.
    std::map<std::string, std::set<int>> attempts;  ///< By bead and role: numbers that were begun.
    std::string wrong;                              ///< Empty: nothing was started twice.

    void hear(const json& event);
    static start_oracle read(const std::filesystem::path& log);
};

/// Puts beads into the towns for as long as it lives, whether the daemon is there or not.
class steady_load {
public:
    steady_load(std::vector<town_caller> to, std::size_t at_most);
    ~steady_load() { end(); }
    steady_load(const steady_load&) = delete;
    steady_load& operator=(const steady_load&) = delete;

    void end();
    /// The acknowledged beads of one town; after end().
    const std::vector<std::string>& beads(std::size_t town) const { return beads_[town]; }
    std::size_t made() const { return made_; }

private:
    void run(std::size_t at_most);

    std::vector<town_caller> towns_;
    std::vector<std::vector<std::string>> beads_;
    std::atomic<bool> enough_{false};
    std::atomic<std::size_t> made_{0};
    std::thread thread_;
};

}  // namespace townd::test
