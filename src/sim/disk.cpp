#include "sim/disk.hpp"

#include <stdexcept>

namespace townd::sim {

rig_id rig_name(std::uint32_t town, int rig) {
    return town_name(static_cast<int>(town)) + "-rig-" + std::to_string(rig);
}

disk::disk(stage& on) : stage_(on) {
    const auto bounds = on.options.lean_history ? model::lean_history() : model::history_bounds{};
    for (std::uint32_t town = 0; town < static_cast<std::uint32_t>(on.options.towns); ++town) {
        const auto id = town_name(static_cast<int>(town));
        files_.push_back(model::make_town_file(id, id, "user-1", on.now(), bounds));
        auto file = model::open_town(files_.back());
        if (!file) throw std::runtime_error("a new town in memory: " + file.error().what);
        (*file)->begin();
        for (int r = 0; r < on.options.rigs; ++r) {
            rig made;
            made.id = rig_name(town, r);
            made.name = made.id;
            made.git_url = "https://git.sim/" + made.id;
            made.created_at = on.now();
            made.code_review = on.options.code_review;
            made.pull_requests = on.options.pull_requests;
            (*file)->insert_rig(made);
        }
        if (const auto done = (*file)->commit(); !done)
            throw std::runtime_error("a new town in memory: " + done.error().what);
        if (on.options.planted.lazy_commits) files_.back()->set_lazy(true);
    }
}

result<std::unique_ptr<store::town_store>> disk::open(std::uint32_t town) {
    return model::open_town(files_[town]);
}

void disk::fail_commits(std::uint32_t town, int count) {
    files_[town]->fail_next_commits(
        count, failure{errc::storage, "database or disk is full (SQLITE_FULL)"});
}

void disk::power_loss() {
    for (const auto& file : files_) {
        const auto lazy = file->lazy_commits();
        file->power_loss(lazy == 0 ? 0 : stage_.chance.below(lazy + 1));
    }
}

void disk::heal() {
    for (const auto& file : files_)
        file->fail_next_commits(0, failure{errc::storage, "nothing"});
}

}  // namespace townd::sim
