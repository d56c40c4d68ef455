#pragma once
// Tables with undo: rows by number, in the order they were inserted, and rows by a text key.

#include <concepts>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "model/journal.hpp"

namespace townd::model {

/// A row that is found by a text of its own as well. Two rows of one key must not be inserted.
template <class Row>
concept keyed_row = requires(Row row) {
    { row.key() } -> std::same_as<std::string&>;
};

/// Rows in the order of insertion. Numbers are given as SQLite gives rowids: one more than the
/// largest there is. Addresses of rows are stable; `Index` holds them in further orders:
///   void add(Row&); void remove(Row&); static bool same_place(const Row&, const Row&);
template <class Row, class Index>
class row_table final : public undoable {
public:
    explicit row_table(journal& log) : journal_(log) {}

    [[nodiscard]] const std::map<std::int64_t, Row>& rows() const noexcept { return rows_; }
    [[nodiscard]] const Index& index() const noexcept { return index_; }
    [[nodiscard]] std::int64_t newest() const noexcept {
        return rows_.empty() ? 0 : rows_.rbegin()->first;
    }
    [[nodiscard]] const Row* find(std::string_view key) const requires keyed_row<Row> {
        const auto found = by_key_.find(key);
        return found == by_key_.end() ? nullptr : found->second;
    }

    const Row& insert(Row row) {
        row.rowid = newest() + 1;
        note({row.rowid, std::nullopt});
        return add(std::move(row));
    }
    /// `next` keeps the row's number and key.
    void update(const Row& row, Row next) {
        next.rowid = row.rowid;
        note({row.rowid, replace(row.rowid, std::move(next))});
    }
    void erase(const Row& row) {
        const auto rowid = row.rowid;
        note({rowid, drop(rowid)});
    }

    void undo_last() override {
        auto [rowid, old] = log_.pop();
        if (!old)
            drop(rowid);
        else if (rows_.contains(rowid))
            replace(rowid, *std::move(old));
        else
            add(*std::move(old));
    }
    void forget() noexcept override { log_.forget(); }

private:
    struct step {
        std::int64_t rowid = 0;
        std::optional<Row> old;  ///< Empty when the row was not there.
    };

    void note(step&& done) {
        log_.push(std::move(done));
        journal_.note(*this);
    }
    const Row& add(Row&& fresh) {
        const auto rowid = fresh.rowid;
        Row& row = rows_.emplace_hint(rows_.end(), rowid, std::move(fresh))->second;
        if constexpr (keyed_row<Row>) by_key_.emplace(row.key(), &row);
        index_.add(row);
        return row;
    }
    Row replace(std::int64_t rowid, Row&& next) {
        Row& row = rows_.find(rowid)->second;
        // Swapped twice, so that the key's bytes stay where they are: by_key_ points at them.
        if constexpr (keyed_row<Row>) std::swap(row.key(), next.key());
        const bool stays = Index::same_place(row, next);
        if (!stays) index_.remove(row);
        std::swap(row, next);
        if (!stays) index_.add(row);
        return std::move(next);
    }
    Row drop(std::int64_t rowid) {
        const auto at = rows_.find(rowid);
        index_.remove(at->second);
        if constexpr (keyed_row<Row>) by_key_.erase(at->second.key());
        Row old = std::move(at->second);
        rows_.erase(at);
        return old;
    }

    journal& journal_;
    std::map<std::int64_t, Row> rows_;
    std::unordered_map<std::string_view, Row*> by_key_;
    Index index_;
    undo_log<step> log_;
};

/// Rows by a text, in its order.
template <class Row>
class keyed_table final : public undoable {
public:
    using map = std::map<std::string, Row, std::less<>>;

    explicit keyed_table(journal& log) : journal_(log) {}

    [[nodiscard]] const map& rows() const noexcept { return rows_; }
    [[nodiscard]] const Row* find(std::string_view key) const {
        const auto found = rows_.find(key);
        return found == rows_.end() ? nullptr : &found->second;
    }
    void put(std::string_view key, Row row) {
        const auto found = rows_.find(key);
        if (found == rows_.end()) {
            rows_.emplace(std::string{key}, std::move(row));
            note({std::string{key}, std::nullopt});
            return;
        }
        std::swap(found->second, row);
        note({std::string{key}, std::move(row)});
    }
    /// Whether there was one.
    bool erase(std::string_view key) {
        const auto found = rows_.find(key);
        if (found == rows_.end()) return false;
        auto node = rows_.extract(found);
        note({std::move(node.key()), std::move(node.mapped())});
        return true;
    }

    void undo_last() override {
        auto [key, old] = log_.pop();
        if (old)
            rows_.insert_or_assign(std::move(key), *std::move(old));
        else
            rows_.erase(key);
    }
    void forget() noexcept override { log_.forget(); }

private:
    struct step {
        std::string key;
        std::optional<Row> old;  ///< Empty when the row was not there.
    };

    void note(step&& done) {
        log_.push(std::move(done));
        journal_.note(*this);
    }

    journal& journal_;
    map rows_;
    undo_log<step> log_;
};

}  // namespace townd::model
