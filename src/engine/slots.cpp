#include "engine/slots.hpp"

#include <algorithm>

namespace townd::engine {

void slots::set_limit(int limit) {
    const std::scoped_lock lock(mutex_);
    limit_ = limit;
}

int slots::reserve(int wanted) {
    const std::scoped_lock lock(mutex_);
    const int given = std::clamp(wanted, 0, std::max(0, limit_ - used_));
    used_ += given;
    return given;
}

void slots::release(int count) {
    std::deque<town_id> due;
    {
        const std::scoped_lock lock(mutex_);
        used_ = std::max(0, used_ - count);
        int left = limit_ - used_;
        while (left-- > 0 && !waiting_.empty()) {
            due.push_back(std::move(waiting_.front()));
            waiting_.pop_front();
            is_waiting_.erase(due.back());
        }
    }
    for (const auto& town : due)
        wake_(town);
}

void slots::wait(const town_id& town) {
    {
        const std::scoped_lock lock(mutex_);
        // A slot that came free since the town asked would wake nobody any more.
        if (used_ >= limit_) {
            if (is_waiting_.insert(town).second) waiting_.push_back(town);
            return;
        }
    }
    wake_(town);
}

int slots::used() const {
    const std::scoped_lock lock(mutex_);
    return used_;
}

int slots::limit() const {
    const std::scoped_lock lock(mutex_);
    return limit_;
}

}  // namespace townd::engine
