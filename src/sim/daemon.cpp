#include "sim/daemon.hpp"

#include <algorithm>
#include <exception>
#include <utility>

#include "sim/process.hpp"
#include "town/standing.hpp"

namespace townd::sim {
namespace {

constexpr int at_once_max = 200;  // Cycles of one town at one moment: more is a loop.

engine::message wake_message() {
    return {[](town::context& ctx) -> result<json> {
                ctx.out.wake = true;
                return json();
            },
            {},
            true};
}

std::shared_ptr<const town::settings> settings_of(const world_options& o) {
    auto out = std::make_shared<town::settings>();
    out->rules = o.rules;
    out->containers_url = "http://{town}.sim:8080";
    out->api_url = "http://townd.sim";
    out->restart_url = "http://{town}.restarts.sim/restart";
    out->jwt_secret = "a secret of sufficient length for a simulated world";
    return out;
}

}  // namespace

daemon::process::process(daemon& of)
    : journal(of.stage_),
      front(*this),
      back(of),
      in_flight([&of](const town_id& town) {
          of.post(static_cast<std::uint32_t>(town_number(town)), wake_message());
      }),
      homes(static_cast<std::size_t>(of.stage_.options.towns)) {}

daemon::daemon(stage& on, disk& files, oracle& judge)
    : stage_(on),
      disk_(files),
      oracle_(judge),
      summaries_(static_cast<std::size_t>(on.options.towns)) {}

daemon::~daemon() = default;

void daemon::start() {
    ++processes_;
    ++stage_.counts.daemon_starts;
    frozen_ = false;
    paused_ = false;
    steps_left_ = -1;
    power_too_ = false;
    process_ = std::make_unique<process>(*this);
    auto& p = *process_;
    const auto settings = settings_of(stage_.options);
    p.env = std::make_unique<engine::environment>(stage_.clock, p.front, p.journal);
    auto& env = *p.env;
    env.from.new_id = [this] {
        // Unique in the world, short enough to read, and as long as the names of branches need.
        return "id" + std::to_string(10'000'000 + ++stage_.ids_made) + "-0000-4000-8000-sim";
    };
    env.from.draw = [this] { return stage_.ids.draw(); };
    env.from.wall_seconds = [this] { return stage_.clock.wall_seconds(); };
    env.open_store = [this](const town_id& id, const store::open_options&,
                            instant) -> result<std::unique_ptr<store::town_store>> {
        const auto town = static_cast<std::uint32_t>(town_number(id));
        auto file = disk_.open(town);
        if (!file) return file;
        auto out = watched(std::move(*file), town, *this);
        const auto& plant = stage_.options.planted.store;
        return plant ? plant(static_cast<int>(town), std::move(out)) : std::move(out);
    };
    env.post = [this](const town_id& town, engine::town_work work) {
        post(static_cast<std::uint32_t>(town_number(town)), {std::move(work), {}, false});
    };
    env.publish = [this](std::shared_ptr<const engine::town_summary> next) {
        const auto town = static_cast<std::size_t>(town_number(next->id));
        summaries_[town] = std::move(next);
        if (stage_.options.watch != nullptr)
            stage_.options.watch->ticked(stage_.now(), static_cast<int>(town), *summaries_[town]);
    };
    env.in_flight = &p.in_flight;
    env.forge = forge_;
    env.tells_empty_ticks = false;
    p.in_flight.set_limit(settings->rules.dispatch.max_in_flight,
                          settings->rules.dispatch.starts_per_second);
    env.set_settings(settings);
    if (const auto& plant = stage_.options.planted.containers) p.planted = plant(p.back, env);
    if (stage_.options.outage_policy) {
        p.outages = std::make_unique<coordinator>(
            stage_, outage_file_, processes_, p.journal, [this](fleet_message message) {
                const auto town = static_cast<std::uint32_t>(town_number(message.town));
                post(town, {[message = std::move(message)](town::context& ctx) -> result<json> {
                                town::take_advice(ctx, message);
                                return json();
                            },
                            {},
                            false});
            });
        env.outages = p.outages.get();
    }
    oracle_.daemon_begins();
    stage_.record(60, processes_);
    stage_.line([] { return "townd starts"; });
    if (stage_.options.watch != nullptr) stage_.options.watch->daemon_changed(stage_.now(), true);
    for (std::uint32_t town = 0; town < p.homes.size(); ++town)
        if (!stage_.absent[town]) make_actor(town);
}

void daemon::make_actor(std::uint32_t town) {
    auto& h = process_->homes[town];
    h.actor = std::make_unique<engine::town_actor>(*process_->env,
                                                   town_name(static_cast<int>(town)), std::nullopt);
    h.last_cycle = stage_.now();
    enqueue(town);
}

const engine::town_summary* daemon::summary(std::uint32_t town) const {
    return summaries_[town].get();
}

int daemon::slots_used() const {
    return process_ ? process_->in_flight.used() : 0;
}

std::vector<outage_summary> daemon::outages() const {
    if (!process_ || !process_->outages) return {};
    return process_->outages->summaries();
}

bool daemon::call(std::uint32_t town, engine::town_work work, engine::reply done) {
    if (!process_ || frozen_ || process_->stopping || stage_.absent[town]) return false;
    post(town, {std::move(work), std::move(done), false});
    return true;
}

void daemon::post(std::uint32_t town, engine::message m) {
    if (!process_ || frozen_ || !process_->homes[town].actor) return;
    process_->homes[town].inbox.push_back(std::move(m));
    enqueue(town);
}

void daemon::enqueue(std::uint32_t town) {
    auto& h = process_->homes[town];
    if (h.queued) return;
    h.queued = true;
    process_->ready.push_back(town);
}

bool daemon::serve() {
    if (!process_ || paused_ || process_->ready.empty()) return false;
    auto& ready = process_->ready;
    if (stage_.options.shuffle_towns && ready.size() > 1)
        std::swap(ready.front(), ready[stage_.chance.below(ready.size())]);
    const std::uint32_t town = ready.front();
    ready.pop_front();
    process_->homes[town].queued = false;
    if (!process_->homes[town].actor) return true;  // Deleted meanwhile.
    cycle(town);
    if (frozen_) killed(power_too_);
    return true;
}

void daemon::cycle(std::uint32_t town) {
    auto& h = process_->homes[town];
    h.at_once = h.last_cycle == stage_.now() ? h.at_once + 1 : 0;
    if (h.at_once == at_once_max)
        stage_.broke("spin", h.actor->id(), "the town was looked at again and again at one moment");
    oracle_.cycled(town, h.last_cycle);
    h.last_cycle = stage_.now();
    if (stage_.options.planted.before_cycle) {
        if (auto work = stage_.options.planted.before_cycle(static_cast<int>(town)))
            h.inbox.push_front({std::move(work), {}, true});
    }
    ++stage_.counts.cycles;
    try {
        h.actor->cycle(h.inbox);  // Takes what is in it; what comes meanwhile stays.
    } catch (const std::exception& e) {
        stage_.broke("internal", h.actor->id(), std::string{"a cycle threw: "} + e.what());
    }
    if (frozen_) return;
    oracle_.cycle_over(town);
    instant due = h.actor->due_at();
    if (stage_.options.planted.due)
        due = stage_.options.planted.due(static_cast<int>(town), due, !h.actor->is_open());
    plan_due(town, due);
}

// At most one event a town is worth its while: an earlier one asks the actor again.
void daemon::plan_due(std::uint32_t town, instant due) {
    auto& h = process_->homes[town];
    if (due <= stage_.now()) {
        enqueue(town);
        return;
    }
    if (due >= h.planned || due == never) return;
    h.planned = due;
    stage_.at(due, kind::town_due, town, processes_);
}

void daemon::town_due(const happening& what) {
    if (!process_ || what.arg != processes_ || frozen_) return;
    auto& h = process_->homes[what.town];
    if (h.planned != what.at || !h.actor) return;
    h.planned = never;
    instant due = h.actor->due_at();
    if (stage_.options.planted.due)
        due = stage_.options.planted.due(static_cast<int>(what.town), due, !h.actor->is_open());
    plan_due(what.town, due);
}

void daemon::opened(std::uint32_t town, store::town_store& file) {
    oracle_.opened(town, file);
}

void daemon::closed(std::uint32_t town) {
    oracle_.closed(town);
}

void daemon::committed(std::uint32_t town, const std::vector<row_change>& changes) {
    oracle_.committed(town, changes);
    if (stage_.options.watch == nullptr) return;
    for (const auto& change : changes)
        if (const auto* const put = std::get_if<bead_put>(&change))
            if (put->row.type == bead_type::issue)
                stage_.options.watch->bead_stored(stage_.now(), static_cast<int>(town), put->row);
}

bool daemon::step() {
    if (frozen_) return false;
    if (steps_left_ < 0) return true;
    if (steps_left_-- > 0) return true;
    frozen_ = true;
    stage_.line([] { return "townd is killed in the middle of a step"; });
    return false;
}

}  // namespace townd::sim
