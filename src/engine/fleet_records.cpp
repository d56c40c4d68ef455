#include "engine/fleet_records.hpp"

#include <exception>
#include <utility>

#include "townd/decide/backoff.hpp"

namespace townd::engine {
namespace {

constexpr duration reopen_first{1'000};
constexpr duration reopen_max{60'000};

}  // namespace

fleet_records::fleet_records(const clock_port& clock, journal_port& journal,
                             std::filesystem::path file, store::durability sync)
    : clock_(clock), journal_(journal), file_(std::move(file)), sync_(sync) {}

fleet_records::~fleet_records() {
    stop();
}

void fleet_records::on_open(std::function<void(store::fleet_store&)> then) {
    on_open_.push_back(std::move(then));
}

void fleet_records::on_time(
    std::function<void(const result<store::fleet_store*>&, instant now)> then) {
    on_time_.push_back(std::move(then));
}

result<store::fleet_store*> fleet_records::current() const {
    if (store_) return store_.get();
    const std::scoped_lock lock(mutex_);
    return problem_.value_or(
        failure{errc::unavailable, "the daemon's database is not open yet: try again"});
}

std::string fleet_records::problem() const {
    const std::scoped_lock lock(mutex_);
    return problem_ ? problem_->what : std::string{};
}

void fleet_records::trouble(const failure& why, instant now) {
    store_.reset();
    ++failures_;
    retry_at_ = now + grown(reopen_first, failures_ - 1, reopen_max);
    bool news = false;
    {
        const std::scoped_lock lock(mutex_);
        news = !problem_ || problem_->what != why.what;
        problem_ = why;
    }
    if (news) journal_.storage_failed("", "open", why);
}

void fleet_records::try_open(instant now) {
    if (store_ || now < retry_at_) return;
    auto opened = store::fleet_store::open(file_, sync_);
    if (!opened) return trouble(opened.error(), now);
    store_ = std::move(*opened);
    failures_ = 0;
    {
        const std::scoped_lock lock(mutex_);
        problem_.reset();
    }
    for (const auto& then : on_open_)
        then(*store_);
}

void fleet_records::open() {
    try_open(clock_.now());
}

void fleet_records::start() {
    thread_ = std::thread([this] { run(); });
}

void fleet_records::stop() {
    {
        const std::scoped_lock lock(mutex_);
        stopping_ = true;
    }
    wakeup_.notify_all();
    if (thread_.joinable()) thread_.join();
    store_.reset();
}

bool fleet_records::post(work what) {
    {
        const std::scoped_lock lock(mutex_);
        if (stopping_ || waiting_.size() >= waiting_max) return false;
        waiting_.push_back(std::move(what));
    }
    wakeup_.notify_one();
    return true;
}

void fleet_records::serve(const work& what) {
    try_open(clock_.now());
    try {
        what(current());
    } catch (const std::exception& e) {
        journal_.warn("", "fleet_work_failed", e.what());
        if (store_) store_->rollback();
    }
}

void fleet_records::tick() {
    const instant now = clock_.now();
    if (store_ && store_->broken() && store_->failed()) trouble(*store_->failed(), now);
    try_open(now);
    try {
        for (const auto& then : on_time_)
            then(current(), now);
    } catch (const std::exception& e) {
        journal_.warn("", "fleet_work_failed", e.what());
        if (store_) store_->rollback();
    }
}

void fleet_records::run() {
    std::unique_lock lock(mutex_);
    for (;;) {
        wakeup_.wait_for(lock, look_every, [this] { return stopping_ || !waiting_.empty(); });
        if (stopping_ && waiting_.empty()) return;
        std::deque<work> batch = std::exchange(waiting_, {});
        lock.unlock();
        for (const auto& what : batch)
            serve(what);
        tick();
        lock.lock();
    }
}

}  // namespace townd::engine
