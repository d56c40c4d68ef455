#include "bench/wire_fleet.hpp"

#include <condition_variable>
#include <future>
#include <stdexcept>
#include <thread>

#include "sys/ids.hpp"
#include "town/beads.hpp"

namespace townd::bench {
namespace {

json value_of(std::future<result<json>> answer) {
    auto came = answer.get();
    if (!came) throw std::runtime_error(came.error().what);
    return *std::move(came);
}

// Waits for a number of replies.
class countdown {
public:
    explicit countdown(std::size_t from) : left_(from) {}
    void one(const result<json>& came) {
        const std::scoped_lock lock(mutex_);
        if (!came && problem_.empty()) problem_ = came.error().what;
        if (--left_ == 0) over_.notify_all();
    }
    void wait() {
        std::unique_lock lock(mutex_);
        over_.wait(lock, [this] { return left_ == 0; });
        if (!problem_.empty()) throw std::runtime_error(problem_);
    }

private:
    std::mutex mutex_;
    std::condition_variable over_;
    std::size_t left_;
    std::string problem_;
};

result<json> add_rig(town::context& ctx) {
    ctx.store.insert_rig(make_rig({}));
    return json();
}

result<json> add_bead(town::context& ctx) {
    town::new_bead wanted;
    wanted.title = "Oil the gears";
    wanted.rig = "rig";
    auto made = town::create_bead(ctx, wanted);
    if (!made) return made.error();
    return json(made->id);
}

}  // namespace

std::optional<wire_clock::time_point> start_seen::wait(std::chrono::milliseconds patience) {
    const auto until = wire_clock::now() + patience;
    while (at_.load() == 0) {
        if (wire_clock::now() >= until) return std::nullopt;
        std::this_thread::sleep_for(std::chrono::microseconds{200});
    }
    return wire_clock::time_point{wire_clock::duration{at_.load()}};
}

wire_fleet::wire_fleet(container_port& containers, wire_setup how)
    : files_(*store::data_dir::take(how.dir.empty() ? dir_.path() : how.dir)) {
    auto with = std::make_shared<town::settings>();
    with->rules = how.rules;
    with->containers_url = std::move(how.containers_url);
    with->api_url = "http://127.0.0.1:8787";
    with->jwt_secret = "a secret of thirty-two bytes, or so it seems";
    town::sources from{sys::random_uuid, sys::random_unit,
                       [this] { return clock_.wall_seconds(); }};
    engine::fleet_options options;
    options.durability = how.durability;
    fleet_ = std::make_unique<engine::town_fleet>(clock_, containers, journal_, files_,
                                                  std::move(from), with, options);
    if (const auto started = fleet_->start(); !started)
        throw std::runtime_error(started.error().what);
}

wire_fleet::~wire_fleet() {
    fleet_->stop();
}

town_id wire_fleet::make_town() {
    auto answer = std::make_shared<std::promise<result<json>>>();
    fleet_->create_town({"Bench", "ada"}, [answer](auto came) { answer->set_value(came); });
    const town_id town = value_of(answer->get_future()).at("id");
    in_town(town, add_rig);
    return town;
}

std::vector<town_id> wire_fleet::make_towns(int count) {
    auto left = std::make_shared<countdown>(static_cast<std::size_t>(count));
    auto made = std::make_shared<std::vector<town_id>>(static_cast<std::size_t>(count));
    for (std::size_t i = 0; i < made->size(); ++i)
        fleet_->create_town({"Bench", "ada"}, [this, left, made, i](const result<json>& came) {
            if (!came) return left->one(came);
            (*made)[i] = came->at("id").get<std::string>();
            fleet_->in_town((*made)[i], add_rig, [left](const auto& done) { left->one(done); });
        });
    left->wait();
    return std::move(*made);
}

void wire_fleet::make_beads(const std::vector<town_id>& towns) {
    if (towns.empty()) return;
    auto left = std::make_shared<countdown>(towns.size());
    for (const auto& town : towns)
        fleet_->in_town(town, add_bead, [left](const auto& done) { left->one(done); });
    left->wait();
}

json wire_fleet::in_town(const town_id& town, engine::town_work work) {
    auto answer = std::make_shared<std::promise<result<json>>>();
    fleet_->in_town(town, std::move(work), [answer](auto came) { answer->set_value(came); });
    return value_of(answer->get_future());
}

bead_id wire_fleet::make_bead(const town_id& town) {
    return in_town(town, add_bead);
}

void wire_fleet::finish(const town_id& town, const bead_id& work) {
    in_town(town, [work](town::context& ctx) -> result<json> {
        auto done = town::change_status(ctx, work, bead_status::closed, std::nullopt);
        if (!done) return done.error();
        return json();
    });
    wait_until_quiet(town);
}

void wire_fleet::wait_until_quiet(const town_id& town) {
    const auto until = wire_clock::now() + std::chrono::seconds{20};
    while (wire_clock::now() < until) {
        const json quiet = in_town(town, [](town::context& ctx) -> result<json> {
            const auto rows = ctx.store.load_live();
            return json(rows.dispatches.empty() && rows.stops.empty());
        });
        if (quiet.get<bool>()) return;
        std::this_thread::sleep_for(std::chrono::milliseconds{1});
    }
    throw std::runtime_error("the town does not come to rest");
}

}  // namespace townd::bench
