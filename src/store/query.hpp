#pragma once
// One use of a prepared statement: binds on construction, steps, reads columns, resets at its end.
// Two uses of the same text must not overlap. Throws SQLite::Exception: use it inside
// connection::run only.

#include <sqlite3.h>

#include <algorithm>
#include <concepts>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include "store/connection.hpp"
#include "townd/words/time.hpp"

namespace townd::store {

/// How the original stores times.
[[nodiscard]] inline std::string as_text(instant at) {
    return to_rfc3339(at);
}
[[nodiscard]] inline std::optional<std::string> as_text(const std::optional<instant>& at) {
    if (!at) return std::nullopt;
    return to_rfc3339(*at);
}
/// How we store them.
[[nodiscard]] inline std::optional<std::int64_t> as_ms(const std::optional<instant>& at) {
    if (!at) return std::nullopt;
    return unix_ms(*at);
}

class query {
public:
    template <class... Values>
    query(connection& on, std::string_view sql, const Values&... values) : query(on.cached(sql)) {
        int index = 0;
        (bind(++index, values), ...);
    }
    ~query() {
        statement_.tryReset();
        try {
            statement_.clearBindings();  // So that a cached statement keeps no long text alive.
        } catch (const SQLite::Exception&) {
            // Rebound before the next use in any case.
        }
    }
    query(const query&) = delete;
    query& operator=(const query&) = delete;

    [[nodiscard]] bool next() { return statement_.executeStep(); }
    void exec() { statement_.exec(); }

    [[nodiscard]] bool is_null(int column) const {
        return sqlite3_column_type(handle_, column) == SQLITE_NULL;
    }
    /// Valid until the next step.
    [[nodiscard]] std::string_view view(int column) const {
        const auto* text = static_cast<const char*>(
            static_cast<const void*>(sqlite3_column_text(handle_, column)));
        if (text == nullptr) return {};
        return {text, static_cast<std::size_t>(sqlite3_column_bytes(handle_, column))};
    }
    [[nodiscard]] std::string text(int column) const { return std::string{view(column)}; }
    [[nodiscard]] std::optional<std::string> optional_text(int column) const {
        if (is_null(column)) return std::nullopt;
        return text(column);
    }
    [[nodiscard]] std::int64_t number(int column) const {
        return sqlite3_column_int64(handle_, column);
    }
    /// Clamped: the column may hold anything.
    [[nodiscard]] int small_number(int column) const {
        return static_cast<int>(std::clamp<std::int64_t>(
            number(column), std::numeric_limits<int>::min(), std::numeric_limits<int>::max()));
    }
    [[nodiscard]] bool flag(int column) const { return number(column) != 0; }
    [[nodiscard]] instant ms(int column) const { return from_unix_ms(number(column)); }
    [[nodiscard]] std::optional<instant> optional_ms(int column) const {
        if (is_null(column)) return std::nullopt;
        return ms(column);
    }
    /// A time of the original's, in either format; empty when it is neither.
    [[nodiscard]] std::optional<instant> optional_time(int column) const {
        if (is_null(column)) return std::nullopt;
        return parse_time(view(column));
    }
    [[nodiscard]] instant time(int column) const {
        return optional_time(column).value_or(instant{});
    }

private:
    explicit query(cached_statement& cached)
        : statement_(cached.statement), handle_(cached.handle) {}

    void bind(int index, const std::string& value) { statement_.bind(index, value); }
    void bind(int index, std::string_view value) { statement_.bind(index, std::string{value}); }
    template <std::integral Number>
    void bind(int index, Number value) {
        statement_.bind(index, static_cast<std::int64_t>(value));
    }
    template <class T>
    void bind(int index, const std::optional<T>& value) {
        if (value) {
            bind(index, *value);
        } else {
            statement_.bind(index);
        }
    }

    SQLite::Statement& statement_;
    sqlite3_stmt* handle_;
};

}  // namespace townd::store
