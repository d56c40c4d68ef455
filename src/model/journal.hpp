#pragma once
// Undo: every changed row is noted with what it was, so that a rollback costs what was changed and
// a commit next to nothing. Nothing is ever copied as a whole.

#include <cstddef>
#include <vector>

namespace townd::model {

/// A table that keeps what its rows were, newest change last.
class undoable {
public:
    virtual void undo_last() = 0;
    virtual void forget() noexcept = 0;  ///< All of it.

protected:
    undoable() = default;
    ~undoable() = default;
    undoable(const undoable&) = default;
    undoable& operator=(const undoable&) = default;
};

/// The order of changes over all tables of a town.
class journal {
public:
    void note(undoable& table) { steps_.push_back(&table); }
    [[nodiscard]] std::size_t mark() const noexcept { return steps_.size(); }
    void undo_to(std::size_t mark) {
        while (steps_.size() > mark) {
            undoable* const table = steps_.back();
            steps_.pop_back();
            table->undo_last();
        }
    }
    void forget() noexcept {
        for (undoable* const table : steps_)
            table->forget();
        steps_.clear();
        if (steps_.capacity() > kept_capacity) std::vector<undoable*>{}.swap(steps_);
    }

private:
    static constexpr std::size_t kept_capacity = 64;
    std::vector<undoable*> steps_;
};

/// One table's part of the journal. Gives its memory back after a big transaction.
template <class Step>
class undo_log {
public:
    void push(Step&& step) { steps_.push_back(std::move(step)); }
    [[nodiscard]] Step pop() {
        Step last = std::move(steps_.back());
        steps_.pop_back();
        return last;
    }
    void forget() noexcept {
        if (steps_.empty()) return;
        steps_.clear();
        if (steps_.capacity() * sizeof(Step) > kept_bytes) std::vector<Step>{}.swap(steps_);
    }

private:
    // Some twenty tables a town, ten thousand towns.
    static constexpr std::size_t kept_bytes = 1200;
    std::vector<Step> steps_;
};

}  // namespace townd::model
