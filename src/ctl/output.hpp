#pragma once
// Lists and single objects in the form that was asked for.

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "ctl/session.hpp"
#include "ctl/text.hpp"

namespace townd::ctl {

/// How a member of an item becomes a cell.
enum class shape : std::uint8_t {
    text,
    age,    ///< Seconds that are over, or that something took.
    ahead,  ///< Seconds until something: `in 12s`.
    state,  ///< A word with a colour.
    clock,  ///< An RFC 3339 time, without its fraction.
};

struct column {
    const char* head;
    const char* path;
    shape as = shape::text;
    bool wide = false;  ///< Shown with `-o wide` only.
};

/// What a list shows.
struct view {
    std::vector<const char*> name;  ///< Paths of what `-o name` prints, joined with slashes.
    std::vector<column> columns;
    const char* nothing;  ///< Said on standard error when the list is empty.
};

[[nodiscard]] std::string cell_as(const json& item, const column& what);

/// Prints `list.value.items` and returns `exit_ok`.
int show_list(const session& of, const answer& list, const view& as);
/// Prints one object; `people` makes the text for `table` and `wide`.
int show_object(const session& of, const answer& object, const std::string& name,
                const std::function<std::string(const json&, const screen&)>& people);

/// Prints items one after another as they come, with the same columns: for lists without an end.
class row_printer {
public:
    row_printer(const look& out, const view& as);
    void show(const json& item);

private:
    look out_;
    view as_;
    screen screen_;
    bool began_ = false;
    std::vector<std::size_t> widths_;
};

/// `Key:  value` lines; those without a value are left out.
[[nodiscard]] std::string described(const std::vector<std::pair<std::string, std::string>>& lines,
                                    const screen& on);
/// A table with a title, indented; nothing when there are no items.
[[nodiscard]] std::string block(const std::string& title, const json& items,
                                const std::vector<column>& columns, const screen& on);

void print(const std::string& text);

}  // namespace townd::ctl
