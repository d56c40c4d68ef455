#include "sim/world.hpp"

#include <algorithm>
#include <array>

#include "sim/daemon.hpp"
#include "sim/forge.hpp"
#include "sim/people.hpp"

namespace townd::sim {
namespace {

constexpr duration sweep_every{60'000};

}  // namespace

town_id town_name(int number) {
    std::string digits = std::to_string(number);
    return "t" + std::string(digits.size() < 5 ? 5 - digits.size() : 0, '0') + digits;
}

int town_number(std::string_view name) noexcept {
    int out = 0;
    for (const char c : name.substr(1)) {
        if (c < '0' || c > '9') break;
        out = out * 10 + (c - '0');
    }
    return out;
}

struct world::parts {
    explicit parts(world_options&& o)
        : on(std::move(o)),
          judge(on),
          files(on),
          prs(on),
          townd(on, files, judge),
          who(on, townd, judge, prs),
          ports(on, who, judge, townd),
          askers(on, townd, judge) {
        townd.reach(ports, prs);
        prs.reach(townd, judge);
        judge.reach(ports, who);
    }

    void begin();
    void happen(const happening& what);
    void take_faults();
    /// What holds the town's beads, as the core says.
    [[nodiscard]] std::string waits_of(std::string_view town) const {
        const auto number = town_number(town);
        const auto* s =
            number < on.options.towns ? townd.summary(static_cast<std::uint32_t>(number)) : nullptr;
        std::string out;
        for (int i = 0; s != nullptr && i < gate_reason_count; ++i)
            if (const int n = s->waiting.by_reason[static_cast<std::size_t>(i)]; n > 0)
                out += "; " + std::to_string(n) +
                       " wait: " + std::string{to_text(static_cast<gate_reason>(i))};
        return out;
    }
    [[nodiscard]] duration since_begin() const { return on.now() - on.options.begin; }

    stage on;
    oracle judge;
    disk files;
    forge prs;
    daemon townd;
    agents who;
    containers ports;
    people askers;
    bool begun = false;
    bool faults_over = false;
    bool ever_faulty = false;
};

void world::parts::begin() {
    begun = true;
    for (const auto edge : on.faults.edges())
        if (edge > duration{0}) on.at(on.options.begin + edge, kind::faults_change);
    for (const auto& w : on.options.faults)
        on.counts.planned[static_cast<std::size_t>(w.what)] += w.strength > 0.0 ? 1 : 0;
    ever_faulty = !on.options.faults.empty();
    take_faults();
    for (std::uint32_t town = 0; town < static_cast<std::uint32_t>(on.options.towns); ++town)
        askers.plan(town);
    on.in(sweep_every, kind::sweep);
    townd.start();
}

void world::parts::take_faults() {
    if (faults_over) return;
    on.faults.at(since_begin());
    ++on.fault_generation;
    ports.plan_troubles();
    townd.plan_troubles();
}

void world::parts::happen(const happening& what) {
    on.clock.set(what.at);
    ++on.counts.events;
    switch (what.what) {
        case kind::faults_change:
            take_faults();
            return;
        case kind::answer_due:
            ports.answer_due(what.arg);
            return;
        case kind::effect_due:
            ports.effect_due(what.arg);
            return;
        case kind::container_back:
            ports.back(what);
            return;
        case kind::crash_due:
            ports.crash_due(what);
            return;
        case kind::wedge_due:
            ports.wedge_due(what);
            return;
        case kind::eviction_due:
            ports.eviction_due(what);
            return;
        case kind::eviction_told:
            ports.eviction_told(what);
            return;
        case kind::put_out_due:
            ports.put_out_due(what);
            return;
        case kind::container_gone:
            ports.gone(what);
            return;
        case kind::beat_due:
            who.beat_due(what.arg);
            return;
        case kind::session_due:
            who.session_due(what.arg);
            return;
        case kind::call_arrives:
            who.call_arrives(what.arg);
            return;
        case kind::bead_due:
        case kind::convoy_due:
        case kind::convoy_start:
        case kind::message_due:
        case kind::arrival_due:
        case kind::meddling_due:
            askers.happen(what);
            return;
        case kind::pr_due:
            prs.pr_due(what.arg);
            return;
        case kind::pr_asked:
            prs.answer_due(what.arg);
            return;
        case kind::sweep:
            townd.sweep();
            on.in(sweep_every, kind::sweep);
            return;
        default:
            townd.happen(what);
            return;
    }
}

world::world(world_options options) : parts_(std::make_unique<parts>(std::move(options))) {}
world::~world() = default;

instant world::now() const noexcept {
    return parts_->on.now();
}
instant world::began() const noexcept {
    return parts_->on.options.begin;
}

void world::run_until(instant end) {
    auto& p = *parts_;
    if (!p.begun) p.begin();
    while (!p.on.broken) {
        if (p.townd.serve()) continue;
        if (p.on.events.next_at() > end) break;
        p.happen(p.on.events.take());
    }
    if (!p.on.broken) p.on.clock.set(std::max(end, p.on.now()));
}

void world::end_faults() {
    auto& p = *parts_;
    p.faults_over = true;
    p.on.faults.clear();
    ++p.on.fault_generation;
    p.on.record(90);
    p.on.line([] { return "all faults end"; });
    p.ports.heal();
    p.prs.heal();
    p.askers.heal();
    p.townd.heal();
}

bool world::run_until_settled(duration budget) {
    auto& p = *parts_;
    if (!p.begun) p.begin();
    const instant end = now() + budget;
    std::string why;
    while (!p.on.broken) {
        why = p.askers.waiting() > 0 ? "beads are still to be created" : p.judge.unsettled();
        if (why.empty()) {
            if (!p.ever_faulty) p.judge.check_single_starts();
            if (p.townd.slots_used() != p.ports.starts_waiting())
                p.on.broke("I6", "townd",
                           std::to_string(p.townd.slots_used()) + " slots are taken and " +
                               std::to_string(p.ports.starts_waiting()) + " starts are in flight");
            return !p.on.broken;
        }
        if (now() >= end) break;
        run_until(std::min(end, now() + duration{10'000}));
    }
    if (!p.on.broken)
        p.on.broke("L1", why.substr(0, why.find(':')),
                   to_words(budget) + " after the last fault: " + why +
                       p.waits_of(why.substr(0, why.find(':'))));
    return false;
}

const world_options& world::options() const noexcept {
    return parts_->on.options;
}
const totals& world::counts() const noexcept {
    return parts_->on.counts;
}
const std::optional<violation>& world::broken() const noexcept {
    return parts_->on.broken;
}
std::uint64_t world::trace_hash() const noexcept {
    return parts_->on.hash;
}
const std::vector<std::string>& world::trace() const noexcept {
    return parts_->on.lines;
}
int world::towns() const noexcept {
    return parts_->on.options.towns;
}
const engine::town_summary* world::summary(int town) const {
    return parts_->townd.summary(static_cast<std::uint32_t>(town));
}
std::vector<outage_summary> world::outages() const {
    return parts_->townd.outages();
}

}  // namespace townd::sim
