#include "process/troubled_fleet.hpp"

#include <algorithm>
#include <sstream>

#include "sys/system_clock.hpp"

namespace townd::test {
namespace {

constexpr duration probe_every{30'000};  // As shipped.
constexpr int side_by_side = 10;         // Of tokens after a quiet time, and what is on its way.
constexpr std::size_t log_lines = 12;
constexpr int problems_shown = 5;

bool is_polecats(const std::string& request) {
    return request.find("\"role\":\"polecat\"") != std::string::npos;
}

std::string last_lines(const std::string& text) {
    std::vector<std::string> all;
    std::istringstream in{text};
    for (std::string line; std::getline(in, line);)
        all.push_back(line);
    std::string out;
    for (std::size_t i = all.size() - std::min(all.size(), log_lines); i < all.size(); ++i)
        out += "  " + all[i] + "\n";
    return out;
}

}  // namespace

front::front(std::vector<const standin::container*> behind, fault how)
    : behind_(std::move(behind)),
      fault_(std::move(how)),
      way_([this](const std::string& request) { return answer(request); }) {}

std::string front::answer(const std::string& request) {
    if (!is_start(request) || !is_polecats(request)) return pass(request);
    if (broken_) {
        auto said = fault_(request);
        if (!said.empty()) {
            ++troubled_;
            return said;
        }
    }
    ++passed_;
    return pass(request);
}

std::string front::pass(const std::string& request) const {
    std::string got;
    for (const auto* one : behind_) {
        got = http_exchange(one->address(), request);
        if (is_start(request) || parse_reply(got).status != 404) break;
    }
    return got;
}

front::fault always(std::string answer) {
    return [said = std::move(answer)](const std::string&) { return said; };
}

bool troubled_fleet::begin() {
    return stage_.begin(0, 0);
}

troubled_fleet::ill_town& troubled_fleet::add_ill(front::fault how, int beads,
                                                  const standin::container* other) {
    std::vector<const standin::container*> behind{&containers_.add()};
    if (other != nullptr) behind.push_back(other);
    auto& one = ill_.emplace_back();
    one.way = std::make_unique<front>(std::move(behind), std::move(how));
    one.town = town_caller::make(stage_.daemon().api(), one.way->url());
    for (int i = 0; i < beads; ++i)
        one.beads.push_back(one.town.make_bead("work " + std::to_string(i)));
    return one;
}

std::string troubled_fleet::work_beside(duration trouble_lasts) {
    while (stage_.since_let_go() < trouble_lasts)
        if (auto waits = stage_.work_apart(); !waits.empty()) return waits;
    return {};
}

void troubled_fleet::heal() {
    for (auto& one : ill_)
        one.way->heal();
}

int troubled_fleet::troubled() const {
    int sum = 0;
    for (const auto& one : ill_)
        sum += one.way->troubled();
    return sum;
}

int troubled_fleet::untried() const {
    return static_cast<int>(std::count_if(ill_.begin(), ill_.end(), [](const ill_town& one) {
        return one.way->troubled() + one.way->passed() == 0;
    }));
}

int troubled_fleet::allowed(int first) const {
    return first + static_cast<int>(stage_.since_let_go() / stage_.scaled(probe_every)) +
           side_by_side;
}

int troubled_fleet::opened(const std::string& stage) {
    return lines_with(stage_.daemon(),
                      {"outage_changed", "change=opened", "polecat/" + stage + "/"});
}

std::string troubled_fleet::unfinished(const std::vector<const ill_town*>& of, duration patience) {
    const instant until = sys::wall_now() + patience;
    std::string out;
    for (const auto* one : of)
        for (const auto& bead : one->beads) {
            const duration left = std::max(duration{0}, until - sys::wall_now());
            if (!wait_until([&] { return one->town.status(bead) == "closed"; }, left))
                out += dump_json(at().explain(one->town.id(), bead)) + "\n";
            else if (const json page = at().bead(one->town.id(), bead);
                     member(page, "dispatch_attempts") != 0)
                out += "charged: " + dump_json(page) + "\n";
        }
    return out;
}

std::string troubled_fleet::unfinished(duration patience) {
    std::vector<const ill_town*> all;
    for (const auto& one : ill_)
        all.push_back(&one);
    return unfinished(all, patience);
}

int troubled_fleet::charges() const {
    int sum = 0;
    for (const auto& one : ill_)
        for (const auto& bead : one.beads) {
            const json made = member(at().bead(one.town.id(), bead), "dispatch_attempts");
            sum += made.is_number_integer() ? made.get<int>() : 0;
        }
    return sum;
}

std::string troubled_fleet::given_up() const {
    std::string out;
    for (const auto& one : ill_)
        for (const auto& bead : one.beads)
            if (one.town.status(bead) == "failed" ||
                said(at().explain(one.town.id(), bead), "reason") == "Parked")
                out += dump_json(at().bead(one.town.id(), bead)) + "\n";
    return out;
}

std::string troubled_fleet::told() {
    std::string out = "verdict: " + said(at().get("/debug/v1/summary"), "verdict") +
                      "\noutages: " + dump_json(at().get("/debug/v1/outages")) + "\n";
    int shown = 0;
    for (const auto& one : ill_) {
        const json problem = member(at().town(one.town.id()), "problem");
        if (problem.is_null() || ++shown > problems_shown) continue;
        out += "problem: " + dump_json(problem) + "\n";
    }
    return out + "log:\n" + last_lines(stage_.daemon().err());
}

}  // namespace townd::test
