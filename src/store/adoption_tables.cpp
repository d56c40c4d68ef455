// Tables as townd needs them: all there, with all columns, without CHECKs that know no `in_review`,
// with the keys that its writes go by.

#include <algorithm>
#include <set>

#include "store/adoption_copy.hpp"
#include "store/schema.hpp"

namespace townd::store {
namespace {

using names = std::vector<std::string>;

names ask(adoption_copy& copy, const std::string& sql, std::string_view of = {}) {
    names out;
    SQLite::Statement rows(copy.database, sql);
    if (rows.getBindParameterCount() > 0) rows.bind(1, std::string{of});
    while (rows.executeStep())
        out.push_back(rows.getColumn(0).getString());
    return out;
}

std::string sql_name(std::string_view name) {
    std::string out = "\"";
    for (const char c : name)
        out.append(c == '"' ? 2 : 1, c);
    return out += '"';
}

names columns_of(adoption_copy& copy, std::string_view table_name) {
    return ask(copy, "SELECT name FROM pragma_table_info(?1) ORDER BY cid", table_name);
}

std::string upper_sql(adoption_copy& copy, std::string_view table_name) {
    const auto found = ask(copy,
                           "SELECT upper(replace(replace(replace(sql, char(10), ' '), char(13), "
                           "' '), char(9), ' ')) FROM sqlite_schema WHERE type = 'table' "
                           "AND name = ?1",
                           table_name);
    return found.empty() ? std::string{} : found.front();
}

bool has_check(const std::string& sql) {
    for (auto at = sql.find("CHECK"); at != std::string::npos; at = sql.find("CHECK", at + 5)) {
        const auto next = sql.find_first_not_of(' ', at + 5);
        if (next != std::string::npos && sql[next] == '(') return true;
    }
    return false;
}

bool lacks_key(adoption_copy& copy, const table& wanted) {
    const std::string name{wanted.name};
    if (!wanted.constraint.empty())
        return ask(copy, "SELECT 1 FROM pragma_index_list(?1) WHERE \"unique\" AND NOT partial",
                   name)
            .empty();
    const auto key = ask(copy, "SELECT name FROM pragma_table_info(?1) WHERE pk > 0", name);
    return key != names{std::string{wanted.columns.front().name}};
}

bool may_be_null(const column& each) {
    return each.declaration.find("NOT NULL") == std::string_view::npos;
}

// What stands for a NULL where none is allowed.
std::string instead_of_null(const column& each) {
    const auto at = each.declaration.find("DEFAULT ");
    if (at != std::string_view::npos) return std::string{each.declaration.substr(at + 8)};
    return each.name == "identity" ? "'adopted-' || bead_id" : "''";
}

// What the new table takes from the old one.
std::string taken(const column& each) {
    if (may_be_null(each)) return sql_name(each.name);
    return "coalesce(" + sql_name(each.name) + ", " + instead_of_null(each) + ")";
}

// Columns that townd does not know go along.
void rebuild(adoption_copy& copy, const table& wanted) {
    const auto present = columns_of(copy, wanted.name);
    std::string declared = columns_text(wanted);
    std::string into;
    std::string from;
    const auto take = [&](const std::string& name, const std::string& value) {
        into.append(into.empty() ? "" : ", ").append(name);
        from.append(from.empty() ? "" : ", ").append(value);
    };
    for (const auto& name : present) {
        const auto known = std::find_if(wanted.columns.begin(), wanted.columns.end(),
                                        [&](const column& each) { return each.name == name; });
        if (known == wanted.columns.end()) declared.append(", ").append(sql_name(name));
        take(sql_name(name), known == wanted.columns.end() ? sql_name(name) : taken(*known));
    }
    const std::string old = sql_name(wanted.name);
    const bool has_rowid = upper_sql(copy, wanted.name).find("WITHOUT ROWID") == std::string::npos;
    copy.database.exec("CREATE TABLE townd_adopting(" + declared + std::string{wanted.constraint} +
                       ")");
    copy.database.exec("INSERT OR REPLACE INTO townd_adopting(" + into + ") SELECT " + from +
                       " FROM " + old + (has_rowid ? " ORDER BY rowid" : ""));
    const auto before = copy.number("SELECT count(*) FROM " + old);
    const auto after = copy.number("SELECT count(*) FROM townd_adopting");
    copy.database.exec("DROP TABLE " + old);
    copy.database.exec("ALTER TABLE townd_adopting RENAME TO " + old);
    copy.tell("same_key", fate::dropped, before - after,
              {"row has the key of a later one", "rows have the key of a later one",
               "the later one of each is kept"},
              {std::string{wanted.name}});
}

void drop_code(adoption_copy& copy) {
    std::int64_t count = 0;
    for (const char* kind : {"trigger", "view"}) {
        const std::string type{kind};
        for (const auto& name : ask(copy, "SELECT name FROM sqlite_schema WHERE type = ?1", type)) {
            copy.database.exec("DROP " + type + " " + sql_name(name));
            ++count;
        }
    }
    copy.tell("triggers", fate::dropped, count,
              {"trigger or view is in the file", "triggers and views are in the file",
               "taken out, townd runs none"});
}

bool is_odd(adoption_copy& copy, const table& wanted, names& checks) {
    const auto sql = upper_sql(copy, wanted.name);
    if (has_check(sql)) {
        checks.emplace_back(wanted.name);
        return true;
    }
    return sql.find("WITHOUT ROWID") != std::string::npos ||
           sql.find(") STRICT") != std::string::npos || lacks_key(copy, wanted);
}

names missing_columns(adoption_copy& copy, const table& wanted) {
    names out;
    const auto present = columns_of(copy, wanted.name);
    for (const auto& each : wanted.columns) {
        const std::string name{each.name};
        if (std::find(present.begin(), present.end(), name) == present.end())
            out.push_back(std::string{wanted.name} + "." + name);
    }
    return out;
}

std::string listed(const names& all) {
    std::string out;
    for (std::size_t i = 0; i < all.size() && i < 12; ++i)
        out.append(i == 0 ? "" : ", ").append(all[i]);
    return all.size() > 12 ? out + " and more" : out;
}

void say_list(adoption_copy& copy, std::string_view code, const names& all, std::string_view one,
              std::string_view many, std::string_view done) {
    if (all.empty()) return;
    std::string text = std::to_string(all.size()) + " ";
    text.append(all.size() == 1 ? one : many).append(" (" + listed(all) + "): ").append(done);
    copy.say(code, fate::repaired, static_cast<std::int64_t>(all.size()), std::move(text));
}

// A key can be NULL in SQLite. What is named by its own key gets one; the rest is nobody's.
std::int64_t fill_key(adoption_copy& copy, const table& wanted) {
    const std::string name{wanted.name};
    const std::string key{wanted.columns.front().name};
    const bool is_own = name == "beads" || key != "bead_id";
    return copy.change(
        (is_own ? "UPDATE " + name + " SET " + key + " = 'adopted-' || lower(hex(randomblob(8)))"
                : "DELETE FROM " + name) +
        " WHERE " + key + " IS NULL");
}

void fill_nulls(adoption_copy& copy) {
    std::int64_t count = 0;
    for (const auto& wanted : original_tables()) {
        count += fill_key(copy, wanted);
        for (const auto& each : wanted.columns) {
            const std::string name{each.name};
            // Titles and times have rules of their own.
            if (may_be_null(each) || name == "title" || name.ends_with("_at")) continue;
            count += copy.change("UPDATE OR REPLACE " + std::string{wanted.name} + " SET " + name +
                                 " = " + instead_of_null(each) + " WHERE " + name + " IS NULL");
        }
    }
    copy.tell("missing_values", fate::repaired, count,
              {"value is missing that no row may lack", "values are missing that no row may lack",
               "the column's default is in its place"});
}

void make_numbers(adoption_copy& copy) {
    std::int64_t count = 0;
    for (const auto& wanted : original_tables())
        for (const auto& each : wanted.columns) {
            if (!each.declaration.starts_with("INTEGER")) continue;
            const std::string name{each.name};
            count += copy.change("UPDATE " + std::string{wanted.name} + " SET " + name +
                                 " = CAST(" + name + " AS INTEGER) WHERE typeof(" + name +
                                 ") NOT IN ('integer', 'null')");
        }
    copy.tell("no_numbers", fate::repaired, count,
              {"value is no whole number where one must be",
               "values are no whole numbers where such must be",
               "the number that it begins with is in its place, or 0"});
}

}  // namespace

void repair_tables(adoption_copy& copy) {
    drop_code(copy);
    names checks;
    names lacking;
    names keyless;
    names columns;
    for (const auto& wanted : original_tables()) {
        const std::string name{wanted.name};
        if (!copy.has_table(name.c_str())) {
            lacking.push_back(name);
            copy.database.exec("CREATE TABLE " + name + "(" + columns_text(wanted) +
                               std::string{wanted.constraint} + ")");
            continue;
        }
        const auto checks_before = checks.size();
        const auto added = missing_columns(copy, wanted);
        columns.insert(columns.end(), added.begin(), added.end());
        if (is_odd(copy, wanted, checks)) {
            if (checks.size() == checks_before) keyless.push_back(name);
            rebuild(copy, wanted);
        }
        add_missing_columns(copy.database, wanted);
    }
    say_list(copy, "missing_tables", lacking, "table is missing", "tables are missing",
             "made, empty");
    say_list(copy, "missing_columns", columns, "column of later versions is missing",
             "columns of later versions are missing", "added");
    say_list(copy, "checks", checks, "table has a CHECK that would refuse `in_review` or `failed`",
             "tables have CHECKs that would refuse `in_review` or `failed`",
             "rebuilt without, rows kept");
    say_list(copy, "keyless", keyless, "table has another key than the original's",
             "tables have other keys than the original's", "rebuilt with it");
    fill_nulls(copy);
    make_numbers(copy);
}

}  // namespace townd::store
