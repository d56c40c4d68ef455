// Beads and what they wait for.

#include <algorithm>

#include "model/handle.hpp"
#include "model/kept.hpp"

namespace townd::model {
namespace {

// All but the body.
bead kept_bead(const bead& b, std::vector<std::string>&& labels) {
    bead out;
    out.id = b.id;
    out.type = b.type;
    out.status = b.status;
    out.title = cut_text(b.title, title_bytes_max);
    out.rig = b.rig;
    out.parent = b.parent;
    out.assignee = b.assignee;
    out.priority = b.priority;
    out.labels = std::move(labels);
    out.metadata_json = b.metadata_json;
    out.dispatch_attempts = b.dispatch_attempts;
    out.last_dispatch_attempt_at = kept_time(b.last_dispatch_attempt_at);
    out.created_by = cut_text(b.created_by, title_bytes_max);
    out.created_at = kept_time(b.created_at);
    out.updated_at = kept_time(b.updated_at);
    out.closed_at = kept_time(b.closed_at);
    out.starts = b.starts;
    out.failures_in_row = b.failures_in_row;
    out.next_attempt_at = b.next_attempt_at;
    out.parked = b.parked;
    out.reason = cut_text(b.reason, reason_bytes_max);
    return out;
}

std::shared_ptr<const std::string> kept_body(const std::optional<std::string>& body) {
    return body ? std::make_shared<const std::string>(cut_text(*body, body_bytes_max)) : nullptr;
}

bead whole(const bead_row& row) {
    bead out = row.value;
    if (row.body) out.body = *row.body;
    return out;
}

bool wanted(const bead& b, const bead_filter& filter) {
    return (!filter.status || b.status == *filter.status) &&
           (!filter.type || b.type == *filter.type) && (!filter.rig || b.rig == filter.rig) &&
           (!filter.assignee || b.assignee == filter.assignee) &&
           (!filter.parent || b.parent == filter.parent);
}

}  // namespace

std::optional<bead_status> memory_town_store::status_of(std::string_view bead) const {
    const auto* row = tables_.beads.find(bead);
    if (row == nullptr) return std::nullopt;
    return row->value.status;
}

std::optional<bead> memory_town_store::find_bead(std::string_view id) {
    if (!may_read("reading a bead", id)) return std::nullopt;
    const auto* row = tables_.beads.find(id);
    if (row == nullptr) return std::nullopt;
    return whole(*row);
}

std::vector<bead> memory_town_store::list_beads(const bead_filter& filter) {
    if (!may_run("listing beads")) return {};
    std::vector<bead> out;
    auto left = std::clamp(filter.limit, 0, page_rows_max);
    auto to_skip = std::max(filter.offset, 0);
    std::size_t bytes = 0;
    const auto& rows = tables_.beads.rows();
    for (auto at = rows.rbegin(); at != rows.rend() && left > 0 && bytes < page_bytes_max; ++at) {
        if (!wanted(at->second.value, filter)) continue;
        if (to_skip > 0) {
            --to_skip;
            continue;
        }
        --left;
        out.push_back(whole(at->second));
        const bead& b = out.back();
        bytes += b.title.size() + b.metadata_json.size() + (b.body ? b.body->size() : 0);
    }
    return out;
}

void memory_town_store::insert_bead(const bead& b) {
    constexpr std::string_view doing = "writing a bead";
    if (!may_run(doing)) return;
    auto labels = kept_labels(b.labels);
    if (!fits(b.metadata_json.size(), metadata_bytes_max, "the metadata", b.id)) return;
    if (!fits(labels.text_bytes, metadata_bytes_max, "the list of labels", b.id)) return;
    if (!row_fits(doing, b.id, b.rig, b.parent, b.assignee)) return;
    if (tables_.beads.find(b.id) != nullptr) return refuse_duplicate(doing);
    bead_row row{0, kept_bead(b, std::move(labels.labels)), kept_body(b.body)};
    if (!tables_.bounds.terminal_bodies && is_terminal(b.status)) row.body.reset();
    tables_.beads.insert(std::move(row));
    ++changes_;
}

void memory_town_store::put_bead(const bead& b) {
    constexpr std::string_view doing = "writing a bead";
    if (!may_run(doing)) return;
    auto labels = kept_labels(b.labels);
    if (!fits(b.metadata_json.size(), metadata_bytes_max, "the metadata", b.id)) return;
    if (!fits(labels.text_bytes, metadata_bytes_max, "the list of labels", b.id)) return;
    if (!row_fits(doing, b.id, b.rig, b.parent, b.assignee)) return;
    ++changes_;  // SQLite has written its row of townd_beads even when there is no bead.
    const auto* row = tables_.beads.find(b.id);
    if (row == nullptr) return fail(no_such_row("bead", b.id));
    bead_row next{0, kept_bead(b, std::move(labels.labels)),
                  b.body ? kept_body(b.body) : row->body};
    next.value.type = row->value.type;
    next.value.created_by = row->value.created_by;
    next.value.created_at = row->value.created_at;
    if (!tables_.bounds.terminal_bodies && is_terminal(b.status)) next.body.reset();
    tables_.beads.update(*row, std::move(next));
}

void memory_town_store::delete_bead(std::string_view id) {
    if (!may_read("deleting a bead", id)) return;
    const std::string bead{id};  // `id` may be the text of a row that goes.
    for (const bool gone : {tables_.reviews.erase(bead), tables_.escalations.erase(bead),
                            tables_.convoys.erase(bead)})
        if (gone) ++changes_;
    tables_.staged.erase(bead);
    const auto& edges = tables_.dependencies.index();
    for (; !edges.of(bead).empty(); ++changes_)
        tables_.dependencies.erase(*edges.of(bead).back());
    for (; !edges.to(bead).empty(); ++changes_)
        tables_.dependencies.erase(*edges.to(bead).back());
    erase_if(tables_.bead_events, [&](const auto& row) { return row.value.bead == bead; });
    const auto pending = tables_.events.index().pending();
    for (const auto* row : pending) {
        if (row->bead != bead) continue;
        tables_.events.erase(*row);
        ++changes_;
    }
    for (; !tables_.failures.index().of(bead).empty(); ++changes_)
        tables_.failures.erase(*tables_.failures.index().of(bead).back());
    // A live attempt stays: it holds a slot until the container has answered.
    erase_if(tables_.dispatches, [&](const dispatch_row& row) {
        return row.value.bead == bead && !row.value.is_live();
    });
    if (const auto* row = tables_.beads.find(bead)) {
        tables_.beads.erase(*row);
        ++changes_;
    }
}

void memory_town_store::add_dependency(const dependency& d) {
    constexpr std::string_view doing = "writing a dependency";
    if (!may_run(doing) || !row_fits(doing, d.bead, d.on, d.type)) return;
    ++changes_;
    dependency_row next{0, d.bead, d.on, d.type};
    if (const auto* row = tables_.dependencies.index().find(d.bead, d.on))
        tables_.dependencies.update(*row, std::move(next));
    else
        tables_.dependencies.insert(std::move(next));
}

std::vector<dependency> memory_town_store::dependencies_of(std::string_view bead) {
    if (!may_read("reading dependencies", bead)) return {};
    auto rows = tables_.dependencies.index().of(bead);
    std::sort(rows.begin(), rows.end(),
              [](const auto* a, const auto* b) { return a->rowid < b->rowid; });
    std::vector<dependency> out;
    out.reserve(rows.size());
    for (const auto* row : rows)
        out.push_back({row->bead, row->on, row->type, status_of(row->on)});
    return out;
}

std::vector<bead_id> memory_town_store::dependents_of(std::string_view bead,
                                                      std::string_view type) {
    if (!may_read("reading what depends on a bead", bead)) return {};
    std::vector<bead_id> out;
    for (const auto* row : tables_.dependencies.index().to(bead))
        if (row->type == type) out.push_back(row->bead);
    return out;
}

}  // namespace townd::model
