#include "sim/world.hpp"

#include <algorithm>
#include <array>

#include "sim/daemon.hpp"
#include "sim/fleet_judge.hpp"
#include "sim/forge.hpp"
#include "sim/people.hpp"

namespace townd::sim {
namespace {

constexpr duration sweep_every{60'000};

fleet_bounds bounds_of(const world_options& o) {
    fleet_bounds out;
    out.rules = o.rules;
    if (!o.outage_policy) out.rules.outage.mode = outage_mode::off;
    return out;
}

fleet_facts facts_of(const world_options& o) {
    fleet_facts out;
    out.towns = o.towns;
    out.begin = o.begin;
    out.session = o.work.work_max;
    for (const auto& g : o.groups)
        out.session = std::max(out.session, g.work.work_max);
    const duration young = o.rules.dispatch.survive_for;
    out.illnesses = illnesses_of(o.faults, o.towns, o.begin, o.seed, young);
    out.elsewhere = illnesses_of(o.faults_elsewhere, o.towns, o.begin, o.seed, young);
    return out;
}

world_options with_planted_rules(world_options&& o) {
    if (o.planted.rules) o.planted.rules(o.rules);
    return std::move(o);
}

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
        : bounds(bounds_of(o)),
          fleet(o.fleet_judge ? std::make_unique<fleet_judge>(bounds, facts_of(o)) : nullptr),
          on(with_planted_rules(std::move(o))),
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
        on.fleet = fleet.get();
        if (fleet && on.options.broken_bounds)
            fleet->on_broken([this](const finding& f) {
                on.broke(f.name, f.town < 0 ? "fleet" : town_name(f.town), f.sentence);
            });
    }

    void begin();
    void happen(const happening& what);
    void take_faults();
    void change_fleet(const fleet_change& how);
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

    fleet_bounds bounds;
    std::unique_ptr<fleet_judge> fleet;
    stage on;
    oracle judge;
    disk files;
    forge prs;
    daemon townd;
    agents who;
    containers ports;
    people askers;
    std::uint32_t next_town = 0;  ///< To be added.
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
    ever_faulty = !on.options.faults.empty() || !on.options.kills.empty();
    for (const auto at : on.options.kills)
        on.at(on.options.begin + at, kind::planned_kill);
    // Towns to come are the last ones.
    std::size_t first = on.absent.size();
    for (std::size_t i = 0; i < on.options.changes.size(); ++i) {
        const auto& change = on.options.changes[i];
        on.at(on.options.begin + change.at, kind::fleet_changes, 0, i);
        if (change.what == fleet_change::kind::add_towns)
            first -= std::min(first, static_cast<std::size_t>(change.count));
    }
    next_town = static_cast<std::uint32_t>(first);
    std::fill(on.absent.begin() + static_cast<std::ptrdiff_t>(first), on.absent.end(), true);
    take_faults();
    for (std::uint32_t town = 0; town < static_cast<std::uint32_t>(on.options.towns); ++town)
        if (!on.absent[town]) askers.plan(town);
    on.in(sweep_every, kind::sweep);
    townd.start();
}

void world::parts::change_fleet(const fleet_change& how) {
    for (int i = 0; i < how.count; ++i) {
        if (how.what == fleet_change::kind::add_towns) {
            if (next_town >= on.absent.size()) return;
            on.record(85, next_town);
            townd.add_town(next_town);
            askers.plan(next_town++);
            continue;
        }
        auto town = static_cast<std::uint32_t>(on.chance.below(on.absent.size()));
        for (std::size_t tried = 0; on.absent[town]; ++tried) {
            if (tried == on.absent.size()) return;
            town = static_cast<std::uint32_t>((town + 1) % on.absent.size());
        }
        if (how.what != fleet_change::kind::delete_towns) {
            askers.change_rigs(town, how.what);
            continue;
        }
        on.record(86, town);
        on.line([&] { return town_name(static_cast<int>(town)) + " is deleted"; });
        townd.delete_town(town);
        ports.remove(town);
        judge.town_deleted(town);
        if (on.options.watch != nullptr)
            on.options.watch->town_deleted(on.now(), static_cast<int>(town));
    }
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
        case kind::fleet_changes:
            change_fleet(on.options.changes[what.arg]);
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
    if (p.fleet) p.fleet->faults_end(p.on.now());
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
fleet_report world::judged(bool settled) {
    return parts_->fleet ? parts_->fleet->finish(now(), settled) : fleet_report{};
}
const fleet_bounds& world::bounds() const noexcept {
    return parts_->bounds;
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
