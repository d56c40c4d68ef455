// What happened: events of beads, reports of agents, kept failures and their groups.

#include <algorithm>
#include <tuple>

#include "model/handle.hpp"
#include "model/kept.hpp"

namespace townd::model {

void memory_town_store::add_bead_event(const bead_event& e) {
    constexpr std::string_view doing = "writing a bead event";
    if (!may_run(doing)) return;
    if (!fits(e.metadata_json.size(), metadata_bytes_max, "the metadata of an event", e.bead))
        return;
    if (!row_fits(doing, e.id, e.bead, e.agent, e.type)) return;
    auto& table = tables_.bead_events;
    if (table.find(e.id) != nullptr) return;
    bead_event_row row{0, e};
    for (auto* text : {&row.value.old_value, &row.value.new_value})
        if (*text) *text = cut_text(**text, event_data_bytes_max);
    row.value.at = kept_time(e.at);
    row.value.order = table.newest() + 1;
    table.insert(std::move(row));
    ++changes_;
    while (table.rows().size() > static_cast<std::size_t>(tables_.bounds.bead_events))
        table.erase(table.rows().begin()->second);
}

std::vector<bead_event> memory_town_store::bead_events(std::optional<instant> since,
                                                       std::optional<bead_id> bead, int limit) {
    if (!may_read("reading bead events", bead ? std::string_view{*bead} : std::string_view{}))
        return {};
    const auto wanted = static_cast<std::size_t>(std::clamp(limit, 0, page_rows_max));
    std::vector<bead_event> out;
    for (const auto& [rowid, row] : tables_.bead_events.rows()) {
        if (out.size() == wanted) break;
        if (bead && row.value.bead != *bead) continue;
        if (since && row.value.at <= *since) continue;
        out.push_back(row.value);
    }
    return out;
}

void memory_town_store::add_agent_event(std::string_view agent, std::string_view type,
                                        std::string_view data_json, instant at) {
    constexpr std::string_view doing = "writing an agent event";
    if (!may_run(doing) || !row_fits(doing, agent)) return;
    auto& table = tables_.agent_events;
    agent_event_row row{0, std::string{agent}, {}};
    row.value = {table.newest() + 1, cut_text(type, title_bytes_max),
                 cut_text(data_json, event_data_bytes_max), at};
    table.insert(std::move(row));
    ++changes_;
    const auto last_over = table.newest() - tables_.bounds.agent_events;
    while (table.rows().begin()->first <= last_over)
        table.erase(table.rows().begin()->second);
}

std::vector<agent_event> memory_town_store::agent_events(std::string_view agent, int limit) {
    if (!may_read("reading agent events", agent)) return {};
    const auto wanted = static_cast<std::size_t>(std::clamp(limit, 0, page_rows_max));
    std::vector<agent_event> out;
    const auto& rows = tables_.agent_events.rows();
    for (auto at = rows.rbegin(); at != rows.rend() && out.size() < wanted; ++at)
        if (at->second.agent == agent) out.push_back(at->second.value);
    return out;
}

void memory_town_store::add_failure(std::string_view bead, agent_role role, const kept_failure& f) {
    constexpr std::string_view doing = "writing a failure";
    if (!may_run(doing) || !row_fits(doing, bead, f.dispatch, f.agent)) return;
    const kept_failure kept{f.dispatch, f.attempt, f.at, f.agent, kept_error(f.error)};
    auto& table = tables_.failures;
    table.insert({0, std::string{bead}, kept});
    ++changes_;
    const auto kept_max = static_cast<std::size_t>(tables_.bounds.failures_per_bead);
    while (table.index().of(bead).size() > kept_max)
        table.erase(*table.index().of(bead).front());
    count_in_group(role, f);
}

void memory_town_store::count_in_group(agent_role role, const kept_failure& f) {
    auto& groups = tables_.error_groups;
    const auto fingerprint = f.error.fingerprint(to_text(role));
    if (const auto* known = groups.find(fingerprint)) {
        error_group next = *known;
        next.message = f.error.message();
        ++next.count;
        next.last_at = std::max(next.last_at, f.at);
        groups.put(fingerprint, std::move(next));
        return;
    }
    groups.put(fingerprint, {fingerprint, std::string{to_text(f.error.code())},
                             std::string{to_text(f.error.phase())}, std::string{to_text(role)},
                             f.error.message(), 1, f.at, f.at});
    while (groups.rows().size() > static_cast<std::size_t>(error_groups_kept_max)) {
        // The last one in the order of error_groups().
        const auto least = std::min_element(
            groups.rows().begin(), groups.rows().end(), [](const auto& a, const auto& b) {
                return std::tie(a.second.last_at, a.second.count, b.first) <
                       std::tie(b.second.last_at, b.second.count, a.first);
            });
        groups.erase(std::string{least->first});
    }
}

std::vector<kept_failure> memory_town_store::failures(std::string_view bead) {
    if (!may_read("reading failures", bead)) return {};
    const auto& rows = tables_.failures.index().of(bead);
    std::vector<kept_failure> out;
    out.reserve(rows.size());
    for (auto at = rows.rbegin(); at != rows.rend(); ++at)
        out.push_back((*at)->value);
    return out;
}

std::vector<error_group> memory_town_store::error_groups() {
    if (!may_run("reading error groups")) return {};
    std::vector<error_group> out;
    for (const auto& [fingerprint, group] : tables_.error_groups.rows())
        out.push_back(group);
    std::stable_sort(out.begin(), out.end(), [](const error_group& a, const error_group& b) {
        return std::tie(a.last_at, a.count) > std::tie(b.last_at, b.count);
    });
    return out;
}

}  // namespace townd::model
