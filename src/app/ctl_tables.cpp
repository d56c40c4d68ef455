#include "app/ctl_tables.hpp"

#include <algorithm>
#include <vector>

namespace townd::app {
namespace {

using row = std::vector<std::string>;

// Columns as wide as their widest cell; the last one is never padded.
std::string aligned(const std::vector<row>& rows) {
    std::vector<std::size_t> widths;
    for (const auto& each : rows) {
        widths.resize(std::max(widths.size(), each.size()));
        for (std::size_t i = 0; i < each.size(); ++i)
            widths[i] = std::max(widths[i], each[i].size());
    }
    std::string out;
    for (const auto& each : rows) {
        for (std::size_t i = 0; i < each.size(); ++i) {
            out += each[i];
            if (i + 1 < each.size()) out += std::string(widths[i] - each[i].size() + 2, ' ');
        }
        out += '\n';
    }
    return out;
}

// One line, whatever the daemon passed on: a terminal must not be steered by an error text.
std::string cell(const json& object, const char* key) {
    const auto at = object.find(key);
    if (at == object.end() || at->is_null()) return "-";
    if (!at->is_string()) return dump_json(*at);
    const std::string text = clean_text(at->get<std::string>(), 1024);
    return text.empty() ? "-" : text;
}

std::string target_text(const json& order) {
    std::string out = cell(order, "scope");
    for (const char* key : {"town", "rig", "role"})
        if (const auto text = cell(order, key); text != "-") out += " " + text;
    return out;
}

const json& items_of(const json& list) {
    static const json none = json::array();
    const auto at = list.find("items");
    return at == list.end() ? none : *at;
}

std::string more_text(const json& list) {
    const auto page = list.find("page");
    if (page == list.end() || cell(*page, "next_cursor") == "-") return {};
    return "(there are more: --limit, or --json for the cursor)\n";
}

}  // namespace

std::string breakers_text(const json& list) {
    std::vector<row> rows{{"TOWN", "KEY", "STATE", "FAILURES", "NEXT TRY", "CAUSE"}};
    for (const auto& b : items_of(list)) {
        const std::string town = cell(b, "town");
        std::string key = cell(b, "key");
        if (key.starts_with(town + "/")) key = key.substr(town.size() + 1);
        const bool forced = cell(b, "force_ends_at") != "-";
        rows.push_back({town, key, cell(b, "state"), cell(b, "consecutive_failures"),
                        cell(b, forced ? "force_ends_at" : "retry_at"), cell(b, "cause")});
    }
    if (rows.size() == 1) return "No breaker has anything to remember.\n";
    return aligned(rows) + more_text(list);
}

std::string overrides_text(const json& list) {
    std::string out;
    if (const auto problem = cell(list, "problem"); problem != "-")
        out = "Orders cannot be kept: " + problem + "\n";
    std::vector<row> rows{{"ORDER", "TARGET", "BY", "UNTIL", "RUNNING", "REASON"}};
    for (const auto& o : items_of(list)) {
        std::string running = cell(o, "agents_running") + "+" + cell(o, "starts_in_flight");
        if (cell(o, "drained") == "true") running = "drained";
        rows.push_back({cell(o, "kind"), target_text(o), cell(o, "by"), cell(o, "expires_at"),
                        running, cell(o, "reason")});
    }
    if (rows.size() == 1) return out + "No orders are in force.\n";
    return out + aligned(rows);
}

std::string audit_text(const json& list) {
    std::vector<row> rows{{"ID", "AT", "BY", "VERB", "TARGET", "OUTCOME", "REASON"}};
    for (const auto& e : items_of(list))
        rows.push_back({cell(e, "id"), cell(e, "at"), cell(e, "by"), cell(e, "verb"),
                        cell(e, "target"), cell(e, "outcome"), cell(e, "reason")});
    if (rows.size() == 1) return "Nothing was done here yet.\n";
    return aligned(rows) + more_text(list);
}

bool would_change(const json& answer) {
    const auto before = answer.find("before");
    const auto after = answer.find("after");
    if (before == answer.end() || after == answer.end()) return false;
    if (const auto count = number_at(*before, "breakers")) return *count > 0;
    return *before != *after;
}

std::string write_text(const json& answer, bool dry_run) {
    std::string out;
    if (dry_run) {
        out = would_change(answer) ? "would change" : "would change nothing";
    } else if (cell(answer, "applied") == "true") {
        out = "done (" + cell(answer, "audit_id") + ")";
    } else {
        out = "nothing to change";
    }
    if (const auto until = cell(answer, "expires_at"); until != "-") out += ", until " + until;
    out += '\n';
    if (answer.contains("before")) out += "before: " + dump_json(answer["before"]) + "\n";
    if (answer.contains("after")) out += "after:  " + dump_json(answer["after"]) + "\n";
    return out;
}

}  // namespace townd::app
