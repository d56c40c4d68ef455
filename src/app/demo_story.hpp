#pragma once
// The demo's story: towns and beads made through the town API, and what is seen of them told from
// outside, through the same pages that anyone else would use.

#include <map>
#include <set>
#include <string>
#include <vector>

#include "app/daemon.hpp"
#include "standin/container.hpp"
#include "sys/system_clock.hpp"
#include "townd/port/container.hpp"

namespace townd::app {

class story {
public:
    story(daemon& what, container_port& port) : daemon_(what), port_(port) {}

    /// A town with a rig for each container. False, and told, when that fails.
    [[nodiscard]] bool build(const std::vector<std::unique_ptr<standin::container>>& containers);
    void add_beads(int each);
    /// Three beads in the last town, two of which wait for the first; they land together.
    void add_convoy();
    /// Tells what changed since the last look.
    void look();

    struct progress {
        int closed = 0;
        int failed = 0;
        int all = 0;
    };
    [[nodiscard]] progress count();
    void tell_progress();

    /// No breaker waits and no outage is open.
    [[nodiscard]] bool all_clear() const { return open_.empty() && outages_.empty(); }
    [[nodiscard]] bool convoy_landed() const { return convoy_status_ == "closed"; }
    [[nodiscard]] int opened() const { return opened_; }
    [[nodiscard]] int closed() const { return closed_; }
    [[nodiscard]] int outages_seen() const { return outages_seen_; }
    void say(const std::string& text) const;
    [[nodiscard]] duration age() const { return clock_.now() - began_; }

private:
    struct told_town {
        std::string id;
        std::string rig;
    };

    bool tell_failure(const failure& why) const;
    result<json> api(const std::string& method, const std::string& target, const json& body);
    result<json> debug(const std::string& target);
    [[nodiscard]] std::string name_of(const std::string& town) const;
    void tell_outages();
    void tell_breakers();
    void tell_errors();
    void tell_convoy();

    daemon& daemon_;
    container_port& port_;
    sys::system_clock clock_;
    instant began_ = clock_.now();
    std::vector<told_town> towns_;
    int beads_ = 0;
    std::map<std::string, std::string> states_;   // Of breakers, by key.
    std::map<std::string, std::string> outages_;  // Phase, by id.
    std::set<std::string> open_;
    std::set<std::string> errors_;
    std::string verdict_;
    std::string convoy_;
    std::string convoy_status_;
    int opened_ = 0;
    int closed_ = 0;
    int outages_seen_ = 0;
    int told_closed_ = 0;
};

}  // namespace townd::app
