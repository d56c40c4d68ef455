#include <algorithm>

#include "model/handle.hpp"

namespace townd::model {
namespace {

constexpr int lean_rows = 12;

}  // namespace

history_bounds lean_history() noexcept {
    history_bounds out;
    out.failures_per_bead = 1;
    out.dispatches = lean_rows;
    out.agent_events = lean_rows;
    out.town_events = lean_rows;
    out.poison_events = lean_rows;
    out.bead_events = lean_rows;
    out.terminal_bodies = false;
    out.delivered_nudges = false;
    return out;
}

memory_town_file::memory_town_file(const town_id& id, std::string name, std::string owner,
                                   instant now, const history_bounds& bounds)
    : tables_(std::make_unique<town_tables>()) {
    tables_->bounds = bounds;
    town_meta meta;
    meta.id = id;
    meta.name = cut_text(name.empty() ? id : name, title_bytes_max);
    meta.owner = cut_text(owner, title_bytes_max);
    meta.created_at = meta.updated_at = now;
    tables_->meta.put("", std::move(meta));
    tables_->log.forget();
}

memory_town_file::~memory_town_file() = default;

void memory_town_file::fail_next_commits(int n, failure why) {
    tables_->commits_to_fail = n;
    tables_->commit_failure = std::move(why);
}

void memory_town_file::refuse_open(std::optional<failure> why) {
    tables_->open_refused = std::move(why);
}

void memory_town_file::set_lazy(bool lazy) noexcept {
    tables_->lazy = lazy;
}

void memory_town_file::sync() {
    auto& all = *tables_;
    if (all.lazy_marks.empty()) return;
    // A transaction that is open now must stay undoable: nothing is forgotten before its end.
    all.durable_mark = all.lazy_marks.back();
    all.lazy_marks.clear();
    if (!all.open) all.forget_durable();
}

std::size_t memory_town_file::lazy_commits() const noexcept {
    return tables_->lazy_marks.size();
}

void memory_town_file::power_loss(std::size_t survivors) {
    auto& all = *tables_;
    const auto kept = std::min(survivors, all.lazy_marks.size());
    all.log.undo_to(kept == 0 ? all.durable_mark : all.lazy_marks[kept - 1]);
    all.log.forget();
    all.lazy_marks.clear();
    all.durable_mark = 0;
    all.open = false;
    ++all.lives;
}

std::shared_ptr<memory_town_file> make_town_file(const town_id& id, std::string name,
                                                 std::string owner, instant now,
                                                 const history_bounds& bounds) {
    return std::make_shared<memory_town_file>(id, std::move(name), std::move(owner), now, bounds);
}

result<std::unique_ptr<town_store>> open_town(std::shared_ptr<memory_town_file> file) {
    auto& all = file->tables();
    if (all.open_refused) return *all.open_refused;
    if (all.open)
        return failure{errc::locked, "town " + all.meta.find("")->id +
                                         " in memory: another store is open over it; close it"};
    return std::unique_ptr<town_store>{std::make_unique<memory_town_store>(std::move(file))};
}

}  // namespace townd::model
