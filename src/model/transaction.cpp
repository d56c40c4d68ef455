// Sticky failures, begin and commit, savepoints: connection.cpp of the store without a database.

#include <tuple>

#include "model/handle.hpp"

namespace townd::model {
namespace {

// Where a lazy file makes itself durable, as a log that has grown long is written back.
constexpr std::size_t lazy_rows_max = 65'536;

}  // namespace

memory_town_store::memory_town_store(std::shared_ptr<memory_town_file> file)
    : file_(std::move(file)), tables_(file_->tables()), life_(tables_.lives) {
    tables_.open = true;
}

memory_town_store::~memory_town_store() {
    if (lost()) return;
    undo();
    tables_.open = false;
}

bool memory_town_store::may_run(std::string_view doing) {
    if (failed_) return false;
    if (lost()) {
        broken_ = true;
        fail({errc::storage, "town in memory: " + std::string{doing} +
                                 " failed: the power was lost; open the town again"});
        return false;
    }
    if (begun_) return true;
    fail({errc::internal, "town in memory: " + std::string{doing} +
                              " outside a transaction; report this as a bug of townd"});
    return false;
}

bool memory_town_store::may_read(std::string_view doing, std::string_view key) {
    return may_run(doing) && row_fits(doing, key);
}

void memory_town_store::fail(failure why) {
    if (!failed_) failed_ = std::move(why);
}

void memory_town_store::refuse_duplicate(std::string_view doing) {
    fail({errc::conflict, "town in memory: " + std::string{doing} +
                              " failed; it exists already, or excludes another row"});
}

void memory_town_store::refuse_size(std::string_view doing) {
    fail({errc::too_large, "town in memory: " + std::string{doing} +
                               " failed; the texts are over " + std::to_string(row_bytes_max) +
                               " bytes; shorten them"});
}

bool memory_town_store::fits(std::size_t bytes, std::size_t max, std::string_view what,
                             std::string_view id) {
    if (bytes <= max) return true;
    fail(over_bound(what, id, bytes, max));
    return false;
}

void memory_town_store::begin() {
    if (begun_) {
        fail({errc::internal,
              "town in memory: a transaction inside a transaction; report this as a bug"});
        return;
    }
    begun_ = true;
    part_open_ = false;
    if (!lost()) tables_.forget_durable();
    changes_at_begin_ = changes_;
    mark_at_begin_ = tables_.log.mark();
    if (lost()) {
        std::ignore = may_run("beginning a transaction");
        return;
    }
    failed_.reset();
    broken_ = false;
}

result<void> memory_town_store::commit() {
    if (may_run("committing") && changed() && tables_.commits_to_fail > 0) {
        --tables_.commits_to_fail;
        broken_ = true;
        fail(tables_.commit_failure);
    }
    if (!failed_) {
        begun_ = false;
        part_open_ = false;
        make_durable();
        return boost::system::in_place_value;
    }
    undo();
    return *failed_;
}

void memory_town_store::make_durable() {
    auto& all = tables_;
    if (all.log.mark() == mark_at_begin_) return;
    if (all.lazy) {
        all.lazy_marks.push_back(all.log.mark());
        if (all.log.mark() >= lazy_rows_max) file_->sync();
        return;
    }
    all.log.forget();
    all.lazy_marks.clear();
    all.durable_mark = 0;
}

void memory_town_store::rollback() {
    undo();
}

void memory_town_store::undo() {
    if (begun_ && !lost()) tables_.log.undo_to(mark_at_begin_);
    begun_ = false;
    part_open_ = false;
}

void memory_town_store::savepoint() {
    if (!may_run("setting a savepoint")) return;
    if (part_open_) return fail({errc::internal, "a savepoint inside a savepoint"});
    part_open_ = true;
    changes_at_savepoint_ = changes_;
    mark_at_savepoint_ = tables_.log.mark();
}

void memory_town_store::release() {
    if (!may_run("releasing a savepoint")) return;
    if (!part_open_) return fail({errc::internal, "a savepoint was released that is not set"});
    part_open_ = false;
}

void memory_town_store::rollback_to() {
    if (!part_open_) return;  // It was never set, because something had failed before.
    part_open_ = false;
    if (lost()) broken_ = true;
    if (broken_) return;
    tables_.log.undo_to(mark_at_savepoint_);
    changes_at_begin_ += changes_ - changes_at_savepoint_;
    failed_.reset();
}

}  // namespace townd::model
