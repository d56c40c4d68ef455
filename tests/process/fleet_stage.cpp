#include "process/fleet_stage.hpp"

#include <algorithm>
#include <charconv>
#include <sstream>

#include "sys/system_clock.hpp"

namespace townd::test {
namespace {

using std::chrono::seconds;

constexpr duration probe_every = seconds{30};  // As shipped.

bool holds_all(const std::string& line, const std::vector<std::string>& words) {
    return std::all_of(words.begin(), words.end(), [&](const std::string& word) {
        return line.find(word) != std::string::npos;
    });
}

bool began(const standin::container& where) {
    const auto all = where.starts();
    return std::any_of(all.begin(), all.end(),
                       [](const auto& start) { return start.began && start.role == "polecat"; });
}

}  // namespace

config_keys shipped_over(int factor) {
    config_keys keys;
    const auto set = [&](const std::string& key, duration shipped) {
        keys[key] = std::to_string((shipped / factor).count()) + "ms";
    };
    set("dispatch.start_timeout", seconds{60});
    set("dispatch.survive_for", seconds{30});
    set("dispatch.heartbeat_timeout", seconds{90});
    set("dispatch.slow_start", seconds{600});
    set("dispatch.work_backoff", seconds{30});
    set("dispatch.max_backoff", seconds{600});
    set("breaker.agent.open", seconds{30});
    set("breaker.agent.max_open", seconds{600});
    set("breaker.agent.probe_timeout", seconds{70});
    set("retry.first", seconds{5});
    set("retry.then", seconds{30});
    set("retry.max", seconds{600});
    set("retry.slow_after", seconds{10});
    set("retry.relapse_within", seconds{600});
    keys["retry.per_hour"] = std::to_string(std::min(10'000, 120 * factor));
    set("outage.lease", seconds{150});
    keys["dispatch.connect_timeout"] = "1s";
    keys["dispatch.status_timeout"] = "1s";
    keys["dispatch.retry_backoff"] = "1s";
    keys["dispatch.starts_per_second"] = std::to_string(std::min(10'000, 100 * factor));
    keys["reconciler.idle_interval"] = "2s";
    keys["towns.threads"] = "4";
    return keys;
}

double metric(const std::string& pages, const std::string& name,
              const std::vector<std::string>& labels) {
    std::istringstream in{http_get(pages, "/metrics").body};
    double sum = 0;
    bool found = false;
    for (std::string line; std::getline(in, line);) {
        const auto after = line.find_first_of("{ ");
        if (line.substr(0, after) != name || !holds_all(line, labels)) continue;
        sum += std::stod(line.substr(line.rfind(' ') + 1));
        found = true;
    }
    return found ? sum : -1;
}

int lines_with(const daemon_process& of, const std::vector<std::string>& words) {
    std::istringstream in{of.err()};
    int out = 0;
    for (std::string line; std::getline(in, line);)
        if (holds_all(line, words)) ++out;
    return out;
}

fleet_stage::fleet_stage(int factor, config_keys changes,
                         std::map<std::string, std::string> environment)
    : factor_(factor), daemon_({}, std::move(environment)) {
    auto keys = shipped_over(factor);
    for (auto& [key, value] : changes)
        keys[key] = value;
    // The same address for each life, for agents that call back.
    keys["api.listen"] = "127.0.0.1:" + std::to_string(free_port());
    daemon_.configure(keys);
}

bool fleet_stage::begin(int shaken, int apart, standin::options well) {
    if (!daemon_.start_ready()) return false;
    if (order("/debug/v1/dispatch:pause", {{"reason", "towns are made"}}).status != 200)
        return false;
    for (int i = 0; i < shaken; ++i) {
        auto& one = shaken_.emplace_back();
        one.container = &stage_.add();
        one.town = town_caller::make(daemon_.api(), one.container->url());
        one.bead = one.town.make_bead("shaken work");
        if (one.bead.empty()) return false;
    }
    for (int i = 0; i < apart; ++i)
        if (add(well).town.id().empty()) return false;
    return true;
}

fleet_stage::place& fleet_stage::add(standin::options how) {
    auto* const made = &stage_.add(std::move(how));
    auto& one = add(made->url());
    one.container = made;
    return one;
}

fleet_stage::place& fleet_stage::add(const std::string& url) {
    auto& one = apart_.emplace_back();
    one.town = town_caller::make(daemon_.api(), url);
    return one;
}

bool fleet_stage::let_go() {
    let_go_at_ = sys::wall_now();
    return order("/debug/v1/dispatch:resume", {{"reason", "towns are made"}}).status == 200;
}

void fleet_stage::shake() {
    for (auto& one : shaken_)
        static_cast<void>(one.container->set_behaviour("polecat", standin::behaviour::http_500));
}

void fleet_stage::heal() {
    for (auto& one : shaken_)
        one.container->clear_roles();
}

void fleet_stage::move_to_daemon() {
    for (auto* all : {&shaken_, &apart_})
        for (auto& one : *all)
            one.town.move_to(daemon_.api());
}

http_reply fleet_stage::order(const std::string& target, const json& body) const {
    return http_send("unix:" + (daemon_.data_dir() / "ctl.sock").string(), "POST", target,
                     dump_json(body));
}

std::size_t fleet_stage::starts_seen() const {
    std::size_t sum = 0;
    for (const auto& one : shaken_)
        sum += one.container->starts_received("polecat");
    return sum;
}

duration fleet_stage::since_let_go() const {
    return sys::wall_now() - let_go_at_;
}

std::size_t fleet_stage::starts_allowed(std::size_t few) const {
    const auto probes = static_cast<std::size_t>(since_let_go() / scaled(probe_every));
    return shaken_.size() + probes + few;
}

double fleet_stage::outages(const char* change) const {
    return metric(daemon_.pages(), "townd_outage_transitions_total",
                  {"role=\"polecat\"", std::string{"change=\""} + change + "\""});
}

std::string fleet_stage::work_apart() {
    std::vector<std::string> beads;
    for (const auto& one : apart_)
        beads.push_back(one.town.make_bead("healthy work"));
    for (std::size_t i = 0; i < beads.size(); ++i)
        if (!wait_until([&] { return apart_[i].town.status(beads[i]) == "closed"; }))
            return dump_json(at().explain(apart_[i].town.id(), beads[i]));
    return {};
}

bool fleet_stage::all_dispatch(duration patience) {
    const instant until = sys::wall_now() + patience;
    return std::all_of(shaken_.begin(), shaken_.end(), [&](const place& one) {
        return wait_until([&] { return began(*one.container); },
                          std::max(duration{0}, until - sys::wall_now()));
    });
}

std::string fleet_stage::first_beads_trouble() {
    std::string out;
    for (const auto& one : shaken_) {
        if (!wait_until([&] { return one.town.status(one.bead) == "closed"; }))
            out += dump_json(at().explain(one.town.id(), one.bead)) + "\n";
        const json page = at().bead(one.town.id(), one.bead);
        if (member(page, "dispatch_attempts") != 0) out += "charged: " + dump_json(page) + "\n";
    }
    return out;
}

}  // namespace townd::test
