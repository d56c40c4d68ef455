#include "sim/world.hpp"

#include <algorithm>
#include <array>

#include "sim/daemon.hpp"
#include "town/beads.hpp"

namespace townd::sim {
namespace {

constexpr duration sweep_every{60'000};
constexpr std::uint64_t any_rig = ~std::uint64_t{0};

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

// A person's request. Who gets no answer, or no good one, asks again.
struct asked {
    asked(stage& s, kind k, std::uint32_t t, std::uint64_t r) : on(s), what(k), town(t), rig(r) {}
    ~asked() {
        if (!answered) on.in(duration{5'000}, what, town, rig);
    }
    asked(const asked&) = delete;
    asked& operator=(const asked&) = delete;
    stage& on;
    const kind what;
    const std::uint32_t town;
    const std::uint64_t rig;
    bool answered = false;
};

struct world::parts {
    explicit parts(world_options&& o)
        : on(std::move(o)),
          judge(on),
          files(on),
          townd(on, files, judge),
          who(on, townd, judge),
          ports(on, who, judge) {
        townd.reach(ports);
        judge.reach(ports, who);
    }

    void begin();
    void happen(const happening& what);
    void take_faults();
    void plan_beads(std::uint32_t town);
    void make_bead(std::uint32_t town, std::uint64_t rig, bead_type type);
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
    daemon townd;
    agents who;
    containers ports;
    std::uint64_t beads_on_way = 0;
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
        plan_beads(town);
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

void world::parts::plan_beads(std::uint32_t town) {
    const auto& work = on.work(town);
    for (int rig = 0; rig < on.options.rigs; ++rig)
        for (int i = 0; i < work.beads_at_start; ++i) {
            on.in(on.chance.between(duration{100}, duration{60'000}), kind::bead_due, town,
                  static_cast<std::uint64_t>(rig));
            ++beads_on_way;
        }
    for (int i = 0; i < work.mayor_messages; ++i) {
        on.in(on.chance.between(duration{100}, duration{60'000}), kind::message_due, town);
        ++beads_on_way;
    }
    if (work.beads_per_hour > 0.0)
        on.in(on.chance.until_next(work.beads_per_hour), kind::arrival_due, town);
}

void world::parts::make_bead(std::uint32_t town, std::uint64_t rig, bead_type type) {
    if (rig == any_rig) rig = on.chance.below(static_cast<std::size_t>(on.options.rigs));
    town::new_bead wanted;
    wanted.type = type;
    wanted.title = "Work";
    wanted.rig = rig_name(town, static_cast<int>(rig));
    wanted.created_by = "user-1";
    auto id = std::make_shared<bead_id>();
    auto work = [wanted, id](town::context& ctx) -> result<json> {
        auto made = town::create_bead(ctx, wanted);
        if (!made) return made.error();
        *id = made->id;
        return json();
    };
    const auto what = type == bead_type::issue ? kind::bead_due : kind::message_due;
    auto request = std::make_shared<asked>(on, what, town, rig);
    const auto done = [this, id, request](const result<json>& answer) {
        if (!answer) return;
        request->answered = true;
        --beads_on_way;
        if (request->what != kind::bead_due) return;
        ++on.counts.beads_made;
        on.record(80, request->town);
        judge.acknowledged(request->town, *id);
        if (on.options.watch != nullptr)
            on.options.watch->bead_made(on.now(), static_cast<int>(request->town), *id);
    };
    static_cast<void>(townd.call(town, std::move(work), done));
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
            make_bead(what.town, what.arg, bead_type::issue);
            return;
        case kind::message_due:
            make_bead(what.town, 0, bead_type::message);
            return;
        case kind::arrival_due: {
            const auto& work = on.work(what.town);
            if (since_begin() >= work.arrive_until) return;
            on.in(on.chance.until_next(work.beads_per_hour), kind::arrival_due, what.town);
            ++beads_on_way;
            make_bead(what.town, any_rig, bead_type::issue);
            return;
        }
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
    p.townd.heal();
}

bool world::run_until_settled(duration budget) {
    auto& p = *parts_;
    if (!p.begun) p.begin();
    const instant end = now() + budget;
    std::string why;
    while (!p.on.broken) {
        why = p.beads_on_way > 0 ? "beads are still to be created" : p.judge.unsettled();
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
