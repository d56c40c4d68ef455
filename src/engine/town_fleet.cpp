#include "engine/town_fleet.hpp"

#include <algorithm>
#include <utility>

#include "engine/summary.hpp"

namespace townd::engine {
namespace {

// Which thread a town lives on: stable over platforms and versions (FNV-1a).
std::size_t place_of(const town_id& town, std::size_t threads) {
    std::uint64_t hash = 14695981039346656037ULL;
    for (const char c : town)
        hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
    return static_cast<std::size_t>(hash % threads);
}

failure no_town(const town_id& town) {
    return {errc::not_found, "Town " + clean_text(town, 80) + " not found"};
}

}  // namespace

town_fleet::town_fleet(const clock_port& clock, container_port& containers, journal_port& journal,
                       const store::data_dir& files, town::sources from,
                       std::shared_ptr<const town::settings> settings, fleet_options options)
    : files_(files),
      env_(clock, containers, journal),
      in_flight_([this](const town_id& town) { home_of(town).wake(town); }),
      records_(clock, journal, files.path() / "fleet.db", options.durability),
      desk_(*this, env_, records_, [this](const town_id& town) { home_of(town).wake(town); }),
      outages_(env_, records_) {
    env_.from = std::move(from);
    env_.durability = options.durability;
    env_.open_store = [this](const town_id& town, const store::open_options& how, instant now) {
        return store::town_store::open(files_.town_file(town), how, now);
    };
    env_.in_flight = &in_flight_;
    env_.outages = &outages_;
    env_.run_command = std::move(options.run_command);
    env_.forge = options.forge;
    env_.post = [this](const town_id& town, town_work work) {
        static_cast<void>(home_of(town).post(town, {std::move(work), {}, false}));
    };
    env_.publish = [this](std::shared_ptr<const town_summary> next) {
        took(std::move(next), false);
    };
    in_flight_.set_limit(settings->rules.dispatch.max_in_flight,
                         settings->rules.dispatch.starts_per_second);
    env_.set_settings(std::move(settings));
    if (options.history != nullptr)
        keeper_.emplace(*options.history, records_,
                        [this](chronicle& history) { sample(history); });
    const int threads = std::max(1, options.threads);
    for (int i = 0; i < threads; ++i)
        threads_.push_back(
            std::make_unique<town_thread>(env_, std::max(2, options.open_files_max / threads)));
}

town_fleet::~town_fleet() {
    stop();
}

town_thread& town_fleet::home_of(const town_id& town) {
    return *threads_[place_of(town, threads_.size())];
}

result<void> town_fleet::start() {
    const auto found = files_.towns();
    if (!found) return found.error();
    for (const auto& name : found->refused)
        env_.journal.warn("", "town_refused",
                          "towns/" + clean_text(name, 200) +
                              " is no town file: its name must be [A-Za-z0-9_-]{1,64}.db");
    records_.open();  // Orders are in force before the first tick.
    if (keeper_) keeper_->begin(env_.clock.now());
    for (const auto& town : found->towns) {
        auto first = std::make_shared<town_summary>();
        first->id = town;
        first->name = town;
        took(std::move(first), true);
        home_of(town).add(town, std::nullopt);
    }
    for (auto& thread : threads_)
        thread->start();
    records_.start();
    started_ = true;
    return {};
}

void town_fleet::stop_starts() {
    env_.stopping.store(true);
}

void town_fleet::stop() {
    env_.stopping.store(true);
    for (auto& thread : threads_)
        thread->stop();
    if (keeper_) keeper_->write_last();
    records_.stop();
}

void town_fleet::apply(std::shared_ptr<const town::settings> settings) {
    in_flight_.set_limit(settings->rules.dispatch.max_in_flight,
                         settings->rules.dispatch.starts_per_second);
    env_.set_settings(std::move(settings));
    for (const auto& s : summaries())
        home_of(s->id).wake(s->id);
}

void town_fleet::send(const town_id& town, message m) {
    if (!has_town(town)) {
        m.done(no_town(town));
        return;
    }
    // Kept aside, because a refused message is gone with its reply.
    reply done = m.done;
    if (home_of(town).post(town, std::move(m))) return;
    done(failure{errc::overloaded, env_.stopping.load()
                                       ? "townd is shutting down"
                                       : "the queue of town " + town + " is full: try again"});
}

void town_fleet::in_town(const town_id& town, town_work work, reply done) {
    send(town, {std::move(work), std::move(done), false});
}

void town_fleet::read_town(const town_id& town, town_work work, reply done) {
    send(town, {std::move(work), std::move(done), true});
}

void town_fleet::create_town(new_town wanted, reply done) {
    const town_id town = env_.from.new_id();
    auto first = std::make_shared<town_summary>();
    first->id = town;
    first->name = wanted.name;
    first->owner = wanted.owner;
    took(std::move(first), true);
    store::open_options create;
    create.create = true;
    create.create_id = town;
    create.create_name = std::move(wanted.name);
    create.create_owner = std::move(wanted.owner);
    home_of(town).add(town, std::move(create));
    in_town(
        town,
        [town](town::context&) -> result<json> {
            json out;
            out["id"] = town;
            return out;
        },
        [this, town, done = std::move(done)](result<json> answer) {
            if (!answer) {  // Never came to be: no trace of it stays.
                {
                    const std::unique_lock lock(mutex_);
                    towns_.erase(town);
                }
                home_of(town).remove(town,
                                     [this, town] { static_cast<void>(files_.remove_town(town)); });
            }
            done(std::move(answer));
        });
}

void town_fleet::delete_town(const town_id& town, reply done) {
    {
        const std::unique_lock lock(mutex_);
        if (towns_.erase(town) == 0) {
            done(no_town(town));
            return;
        }
        std::erase_if(rigs_, [&](const auto& entry) { return entry.second == town; });
    }
    home_of(town).remove(town, [this, town, done = std::move(done)] {
        outages_.tell(town_gone{town});  // After its last news, or a ghost of it would be probed.
        const auto removed = files_.remove_town(town);
        if (!removed) {
            done(removed.error());
            return;
        }
        json out;
        out["deleted"] = true;
        done(out);
    });
}

void town_fleet::took(std::shared_ptr<const town_summary> next, bool fresh) {
    const std::unique_lock lock(mutex_);
    const auto known = towns_.find(next->id);
    if (known == towns_.end() && !fresh) return;  // Deleted meanwhile.
    if (next->ticks > 0) {
        ++ticks_;
        last_tick_ms_.store(unix_ms(next->last_tick_at));
        if (known->second->rigs != next->rigs) {
            for (const auto& [rig, name] : known->second->rigs)
                rigs_.erase(rig);
            for (const auto& [rig, name] : next->rigs)
                rigs_.insert_or_assign(rig, next->id);
        }
    }
    towns_[next->id] = std::move(next);
}

std::vector<std::shared_ptr<const town_summary>> town_fleet::summaries() const {
    const std::shared_lock lock(mutex_);
    std::vector<std::shared_ptr<const town_summary>> out;
    out.reserve(towns_.size());
    for (const auto& [id, summary] : towns_)
        out.push_back(summary);
    return out;
}

std::shared_ptr<const town_summary> town_fleet::summary(const town_id& town) const {
    const std::shared_lock lock(mutex_);
    const auto found = towns_.find(town);
    return found == towns_.end() ? nullptr : found->second;
}

std::optional<town_id> town_fleet::town_of_rig(const rig_id& rig) const {
    const std::shared_lock lock(mutex_);
    const auto found = rigs_.find(rig);
    if (found == rigs_.end()) return std::nullopt;
    return found->second;
}

bool town_fleet::has_town(const town_id& town) const {
    const std::shared_lock lock(mutex_);
    return towns_.contains(town);
}

fleet::totals town_fleet::total() const {
    totals out;
    out.in_flight = in_flight_.used();
    out.in_flight_max = in_flight_.limit();
    out.ticks = ticks_.load();
    if (const auto ms = last_tick_ms_.load(); ms > 0) out.last_tick_at = from_unix_ms(ms);
    const instant now = env_.clock.now();
    const duration limit = 2 * env_.settings()->rules.reconciler.interval;
    out.first_tick_done = started_;
    for (const auto& thread : threads_) {
        out.towns_late += thread->late(now, limit);
        out.first_tick_done = out.first_tick_done && thread->all_ticked();
    }
    out.stopping = env_.stopping.load();
    return out;
}

void town_fleet::sample(chronicle& history) const {
    int dispatching = 0;
    const auto towns = summaries();
    for (const auto& town : towns)
        if (town->condition == town_condition::dispatching ||
            town->condition == town_condition::idle)
            ++dispatching;
    history.sample(dispatching, static_cast<int>(towns.size()));
}

void town_fleet::operate(operator_request what, reply done) {
    desk_.operate(std::move(what), std::move(done));
}

void town_fleet::read_audit(audit_query which, reply done) {
    desk_.read_audit(which, std::move(done));
}

operator_view town_fleet::operators() const {
    return desk_.view();
}

desk_figures town_fleet::figures() const {
    return outages_.figures();
}

std::shared_ptr<const outage_board> town_fleet::outages() const {
    return outages_.board();
}

std::string town_fleet::verdict(instant now) const {
    return verdict_of(summaries(), *outages_.board(), desk_.sentence(), env_.stopping.load(), now);
}

}  // namespace townd::engine
