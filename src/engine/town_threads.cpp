#include "engine/town_threads.hpp"

#include <algorithm>
#include <exception>

namespace townd::engine {

town_thread::town_thread(environment& env, int open_max) : env_(env), open_max_(open_max) {}

town_thread::~town_thread() {
    stop();
}

void town_thread::start() {
    thread_ = std::thread([this] { run(); });
}

void town_thread::stop() {
    {
        const std::scoped_lock lock(mutex_);
        stopping_ = true;
    }
    wakeup_.notify_all();
    if (thread_.joinable()) thread_.join();
}

void town_thread::add(const town_id& town, std::optional<store::open_options> create) {
    const std::scoped_lock lock(mutex_);
    auto [at, fresh] = towns_.try_emplace(town);
    if (!fresh) return;
    at->second.actor = std::make_unique<town_actor>(env_, town, std::move(create));
    at->second.due = env_.clock.now();
    enqueue(at->second);
}

void town_thread::remove(const town_id& town, std::function<void()> then) {
    {
        const std::scoped_lock lock(mutex_);
        const auto found = towns_.find(town);
        if (found != towns_.end()) {
            auto& removed = found->second.removed;
            if (removed) {  // Asked for twice: both are answered.
                removed = [first = std::move(removed), next = std::move(then)] {
                    first();
                    next();
                };
            } else {
                removed = std::move(then);
            }
            enqueue(found->second);
            return;
        }
    }
    then();
}

bool town_thread::post(const town_id& town, message m) {
    const std::scoped_lock lock(mutex_);
    const auto found = towns_.find(town);
    if (found == towns_.end() || found->second.removed || stopping_) return false;
    home& h = found->second;
    if (m.done && h.inbox.size() >= inbox_max) return false;
    h.inbox.push_back(std::move(m));
    enqueue(h);
    return true;
}

void town_thread::wake(const town_id& town) {
    // An empty piece of work: it makes the next cycle look, whatever the schedule said.
    static_cast<void>(post(town, {[](town::context& ctx) -> result<json> {
                                      ctx.out.wake = true;
                                      return json();
                                  },
                                  {},
                                  true}));
}

void town_thread::enqueue(home& town) {
    if (town.queued || town.running) return;
    town.queued = true;
    ready_.push_back(&town);
    wakeup_.notify_one();
}

void town_thread::reschedule(home& town, instant due) {
    timers_.erase({town.due, &town});
    town.due = due;
    timers_.insert({due, &town});
}

void town_thread::serve(home& town, std::unique_lock<std::mutex>& lock) {
    town.queued = false;
    town.running = true;
    if (town.removed) {
        auto then = std::move(town.removed);
        std::deque<message> rest = std::move(town.inbox);
        auto actor = std::move(town.actor);
        if (actor->is_open()) --open_;
        const town_id id = actor->id();
        timers_.erase({town.due, &town});
        towns_.erase(id);
        lock.unlock();
        actor.reset();
        for (auto& m : rest)
            if (m.done) m.done(failure{errc::not_found, "Town " + id + " not found"});
        then();
        lock.lock();
        return;
    }
    std::deque<message> inbox = std::move(town.inbox);
    town.inbox.clear();
    lock.unlock();
    const bool was_open = town.actor->is_open();
    instant due{};
    try {
        town.actor->cycle(inbox);
        due = town.actor->due_at();
    } catch (const std::exception& e) {
        // A bug of ours; the town is tried again, the others do not notice (G1).
        env_.journal.warn(town.actor->id(), "cycle_failed", e.what());
        town.actor->close();
        due = env_.clock.now() + duration{1'000};
    }
    lock.lock();
    open_ += (town.actor->is_open() ? 1 : 0) - (was_open ? 1 : 0);
    town.running = false;
    town.ticked = town.ticked || town.actor->was_ticked();
    reschedule(town, due);
    bound_open_files();
    if (!town.inbox.empty() || town.removed) enqueue(town);
}

// Descriptors are the limit on towns. The file whose next use is furthest away is closed first:
// with a cyclic sweep, the least recently used one would be just the one that is needed next.
void town_thread::bound_open_files() {
    if (open_ <= open_max_) return;
    town_actor* furthest = nullptr;
    for (auto& [id, h] : towns_) {
        if (!h.actor || !h.actor->is_open()) continue;
        if (furthest == nullptr || h.actor->due_at() > furthest->due_at()) furthest = h.actor.get();
    }
    if (furthest == nullptr) return;
    furthest->close();
    --open_;
}

void town_thread::run() {
    std::unique_lock lock(mutex_);
    while (!stopping_) {
        const instant now = env_.clock.now();
        while (!timers_.empty() && timers_.begin()->first <= now) {
            home* due = timers_.begin()->second;
            timers_.erase(timers_.begin());
            enqueue(*due);
        }
        if (ready_.empty()) {
            const duration wait = timers_.empty()
                                      ? duration{1'000}
                                      : std::min(duration{1'000}, timers_.begin()->first - now);
            wakeup_.wait_for(lock, std::max(wait, duration{1}));
            continue;
        }
        home* next = ready_.front();
        ready_.pop_front();
        serve(*next, lock);
    }
    // Outcomes that already came back are written down before the rest is recorded as unknown.
    for (auto& [id, h] : towns_) {
        std::deque<message> inbox = std::move(h.inbox);
        lock.unlock();
        try {
            if (!inbox.empty()) h.actor->cycle(inbox);
            h.actor->record_in_flight();
        } catch (const std::exception& e) {
            env_.journal.warn(id, "cycle_failed", e.what());
        }
        h.actor->close();
        if (h.removed) h.removed();
        lock.lock();
    }
}

bool town_thread::all_ticked() const {
    const std::scoped_lock lock(mutex_);
    return std::all_of(towns_.begin(), towns_.end(),
                       [](const auto& entry) { return entry.second.ticked; });
}

int town_thread::late(instant now, duration late) const {
    const std::scoped_lock lock(mutex_);
    int count = 0;
    // Over all towns, not the timers: one whose cycle hangs has no timer (G12).
    for (const auto& [id, h] : towns_)
        if (now - h.due > late) ++count;
    return count;
}

}  // namespace townd::engine
