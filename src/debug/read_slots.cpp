#include "debug/read_slots.hpp"

#include <utility>

namespace townd::debug {

read_slots::slot::slot(std::shared_ptr<read_slots> from, town_id town)
    : from_(std::move(from)), town_(std::move(town)) {}

read_slots::slot::~slot() {
    from_->give_back(town_);
}

std::shared_ptr<read_slots::slot> read_slots::take(const town_id& town) {
    {
        const std::scoped_lock lock(mutex_);
        if (all_ >= reads_max) return nullptr;
        auto& mine = busy_[town];
        if (mine >= reads_per_town_max) return nullptr;
        ++mine;
        ++all_;
    }
    return std::make_shared<slot>(shared_from_this(), town);
}

void read_slots::give_back(const town_id& town) {
    const std::scoped_lock lock(mutex_);
    --all_;
    const auto mine = busy_.find(town);
    if (--mine->second == 0) busy_.erase(mine);
}

}  // namespace townd::debug
