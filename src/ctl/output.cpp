#include "ctl/output.hpp"

#include <algorithm>
#include <cstdio>

#include "ctl/yaml.hpp"
#include "townd/words/exit_codes.hpp"

namespace townd::ctl {
namespace {

// The members under the dotted paths, with these paths as keys.
json picked(const json& item, const std::vector<std::string>& fields) {
    json out = json::object();
    for (const auto& each : fields)
        out[each] = member(item, each);
    return out;
}

json picked_items(const json& list, const std::vector<std::string>& fields) {
    json out = json::array();
    for (const auto& each : member(list, "items"))
        out.push_back(fields.empty() ? each : picked(each, fields));
    return out;
}

std::string name_of(const json& item, const view& as) {
    std::string out;
    for (const char* path : as.name)
        out += (out.empty() ? "" : "/") + cell(item, path);
    return out;
}

std::vector<column> columns_of(const look& out, const view& as) {
    std::vector<column> shown;
    if (!out.fields.empty()) {
        for (const auto& each : out.fields)
            shown.push_back({each.c_str(), each.c_str()});
        return shown;
    }
    for (const auto& each : as.columns)
        if (!each.wide || out.as == form::wide) shown.push_back(each);
    return shown;
}

screen screen_for(const look& out) {
    screen on = screen_of(out.colour);
    if (out.as == form::wide) on.columns = 0;
    return on;
}

std::string rows_text(const json& items, const std::vector<column>& columns, bool headers,
                      const screen& on) {
    table out;
    for (const auto& each : columns)
        if (headers) out.heads.emplace_back(each.head);
    for (const auto& item : items) {
        auto& row = out.rows.emplace_back();
        auto& colours = out.colours.emplace_back();
        for (const auto& each : columns) {
            row.push_back(cell_as(item, each));
            colours.push_back(each.as == shape::state ? colour_of_state(row.back()) : colour::none);
        }
    }
    return aligned(out, on);
}

int show_table(const look& out, const json& list, const view& as) {
    const auto& items = member(list, "items");
    if (items.empty()) {
        std::fprintf(stderr, "%s\n", as.nothing);
        return exit_ok;
    }
    print(rows_text(items, columns_of(out, as), out.headers, screen_for(out)));
    if (!member(list, "page.next_cursor").is_null()) {
        const auto total = cell(list, "page.total");
        const std::string of = total == "-" ? "" : " of " + total;
        std::fprintf(stderr, "(%zu%s shown; more with --limit)\n", items.size(), of.c_str());
    }
    return exit_ok;
}

}  // namespace

void print(const std::string& text) {
    std::fwrite(text.data(), 1, text.size(), stdout);
    if (!text.ends_with('\n')) std::fputc('\n', stdout);
}

std::string cell_as(const json& item, const column& what) {
    const auto& value = member(item, what.path);
    switch (what.as) {
        case shape::age:
            return span_cell(value);
        case shape::ahead: {
            const auto text = span_cell(value);
            return text == "-" ? text : "in " + text;
        }
        case shape::clock: {
            auto text = cell(value);
            if (const auto dot = text.find('.'); dot != std::string::npos)
                text = text.substr(0, dot) + "Z";
            return text;
        }
        default:
            return cell(value);
    }
}

int show_list(const session& of, const answer& list, const view& as) {
    const look& out = of.given().out;
    switch (out.as) {
        case form::json:
            if (out.fields.empty())
                print(list.text);
            else
                print(dump_json(json{{"items", picked_items(list.value, out.fields)}}));
            return exit_ok;
        case form::jsonl:
            for (const auto& each : picked_items(list.value, out.fields))
                print(dump_json(each));
            return exit_ok;
        case form::yaml:
            print(to_yaml(picked_items(list.value, out.fields)));
            return exit_ok;
        case form::name:
            for (const auto& each : member(list.value, "items"))
                print(name_of(each, as));
            return exit_ok;
        default:
            return show_table(out, list.value, as);
    }
}

int show_object(const session& of, const answer& object, const std::string& name,
                const std::function<std::string(const json&, const screen&)>& people) {
    const look& out = of.given().out;
    const json value = out.fields.empty() ? json() : picked(object.value, out.fields);
    switch (out.as) {
        case form::json:
            print(out.fields.empty() ? object.text : dump_json(value));
            return exit_ok;
        case form::jsonl:
            print(dump_json(out.fields.empty() ? object.value : value));
            return exit_ok;
        case form::yaml:
            print(to_yaml(out.fields.empty() ? object.value : value));
            return exit_ok;
        case form::name:
            print(clean_text(name, 1024));
            return exit_ok;
        default:
            break;
    }
    const screen on = screen_for(out);
    if (out.fields.empty()) {
        print(people(object.value, on));
        return exit_ok;
    }
    std::vector<std::pair<std::string, std::string>> lines;
    for (const auto& each : out.fields)
        lines.emplace_back(each, cell(object.value, each));
    print(described(lines, on));
    return exit_ok;
}

row_printer::row_printer(const look& out, const view& as)
    : out_(out), as_(as), screen_(screen_for(out)) {}

void row_printer::show(const json& item) {
    switch (out_.as) {
        case form::json:
        case form::jsonl:
            print(dump_json(out_.fields.empty() ? item : picked(item, out_.fields)));
            break;
        case form::yaml:
            print("---\n" + to_yaml(out_.fields.empty() ? item : picked(item, out_.fields)));
            break;
        case form::name:
            print(name_of(item, as_));
            break;
        default: {
            const auto columns = columns_of(out_, as_);
            widths_.resize(columns.size());
            std::string head;
            std::string line;
            for (std::size_t i = 0; i < columns.size(); ++i) {
                std::string text = cell_as(item, columns[i]);
                const auto width = width_of(text);
                // A column grows with what came, and never shrinks.
                widths_[i] =
                    std::max({widths_[i], width, std::string_view{columns[i].head}.size()});
                if (screen_.colours && columns[i].as == shape::state)
                    text = painted(text, colour_of_state(text));
                const bool last = i + 1 == columns.size();
                line += text + (last ? "" : std::string(widths_[i] - width + 2, ' '));
                head += columns[i].head;
                if (!last)
                    head +=
                        std::string(widths_[i] + 2 - std::string_view{columns[i].head}.size(), ' ');
            }
            if (!began_ && out_.headers) print(cut_to(head, screen_.columns));
            print(cut_to(line, screen_.columns));
        }
    }
    began_ = true;
    std::fflush(stdout);
}

std::string described(const std::vector<std::pair<std::string, std::string>>& lines,
                      const screen& on) {
    table out;
    for (const auto& [key, value] : lines) {
        if (value == "-" || value.empty()) continue;
        out.rows.push_back({key + ":", value});
        out.colours.push_back({colour::dim, colour_of_state(value)});
    }
    return aligned(out, on);
}

std::string block(const std::string& title, const json& items, const std::vector<column>& columns,
                  const screen& on) {
    if (!items.is_array() || items.empty()) return {};
    screen inner = on;
    if (inner.columns > 2) inner.columns -= 2;
    std::string out = "\n" + (on.colours ? painted(title, colour::strong) : title) + "\n";
    const std::string text = rows_text(items, columns, true, inner);
    for (std::size_t from = 0; from < text.size();) {
        const auto end = text.find('\n', from);
        out += "  " + text.substr(from, end - from) + "\n";
        from = end + 1;
    }
    return out;
}

}  // namespace townd::ctl
