// The town as a whole: its meta values, its counts, its rigs, its breakers.

#include <algorithm>

#include "model/handle.hpp"
#include "model/kept.hpp"

namespace townd::model {

town_meta memory_town_store::meta() {
    if (!may_run("reading the town's meta values")) return {};
    return *tables_.meta.find("");
}

void memory_town_store::put_meta(const town_meta& m) {
    constexpr std::string_view doing = "writing the town's meta values";
    if (!may_run(doing)) return;
    if (!fits(m.config_json.size(), body_bytes_max, "the configuration", m.id)) return;
    if (!row_fits(doing, m.id)) return;
    town_meta kept = m;
    kept.name = cut_text(m.name, title_bytes_max);
    kept.owner = cut_text(m.owner, title_bytes_max);
    kept.created_at = kept_meta_time(m.created_at);
    kept.updated_at = kept_meta_time(m.updated_at);
    tables_.meta.put("", std::move(kept));
    ++changes_;
}

std::optional<std::string> memory_town_store::value(std::string_view key) {
    if (!may_read("reading a value", key)) return std::nullopt;
    const auto* text = tables_.values.find(key);
    if (text == nullptr) return std::nullopt;
    return *text;
}

void memory_town_store::put_value(std::string_view key, std::string_view text) {
    constexpr std::string_view doing = "writing a value";
    if (!may_run(doing) || !fits(text.size(), body_bytes_max, "the value", key)) return;
    if (!row_fits(doing, key, text)) return;
    tables_.values.put(key, std::string{text});
    ++changes_;
}

void memory_town_store::erase_value(std::string_view key) {
    if (!may_read("erasing a value", key)) return;
    if (tables_.values.erase(key)) ++changes_;
}

bead_counts memory_town_store::count_issues() {
    if (!may_run("counting issues")) return {};
    const auto& index = tables_.beads.index();
    bead_counts out;
    out.open = index.issues(bead_status::open);
    out.in_progress = index.issues(bead_status::in_progress);
    out.in_review = index.issues(bead_status::in_review);
    out.closed = index.issues(bead_status::closed);
    out.failed = index.issues(bead_status::failed);
    return out;
}

namespace {

// The rig as it is read back: its own fields come out of the config text that they went into.
rig kept_rig(const rig& r, std::string config) {
    rig out;
    out.id = r.id;
    out.name = cut_text(r.name, title_bytes_max);
    out.git_url = cut_text(r.git_url, title_bytes_max);
    out.default_branch = cut_text(r.default_branch, title_bytes_max);
    out.config_json = std::move(config);
    out.created_at = kept_time(r.created_at);
    if (!read_config(out)) out.config_json = "{}";
    return out;
}

template <class Rigs>
bool name_taken(const Rigs& rigs, std::string_view name, std::string_view but) {
    return std::any_of(rigs.begin(), rigs.end(), [&](const auto& each) {
        return each.second.value.name == name && each.second.value.id != but;
    });
}

}  // namespace

std::vector<rig> memory_town_store::rigs() {
    if (!may_run("reading rigs")) return {};
    std::vector<rig> out;
    for (const auto& [rowid, row] : tables_.rigs.rows())
        out.push_back(row.value);
    std::sort(out.begin(), out.end(), [](const rig& a, const rig& b) { return a.name < b.name; });
    return out;
}

std::optional<rig> memory_town_store::find_rig(std::string_view id) {
    if (!may_read("reading a rig", id)) return std::nullopt;
    const auto* row = tables_.rigs.find(id);
    if (row == nullptr) return std::nullopt;
    return row->value;
}

void memory_town_store::insert_rig(const rig& r) {
    constexpr std::string_view doing = "writing a rig";
    if (!may_run(doing)) return;
    auto config = merged_config(r);
    if (!fits(config.size(), metadata_bytes_max, "the configuration", r.id)) return;
    if (!row_fits(doing, r.id) || !row_fits(doing, r.name)) return;
    const auto& all = tables_.rigs.rows();
    if (std::any_of(all.begin(), all.end(),
                    [&](const auto& each) { return each.second.value.name == r.name; }))
        return fail(rig_name_taken(r.name));
    rig_row row{0, kept_rig(r, std::move(config))};
    if (tables_.rigs.find(r.id) != nullptr || name_taken(all, row.value.name, r.id))
        return refuse_duplicate(doing);
    tables_.rigs.insert(std::move(row));
    ++changes_;
}

void memory_town_store::put_rig(const rig& r) {
    constexpr std::string_view doing = "writing a rig";
    if (!may_run(doing)) return;
    auto config = merged_config(r);
    if (!fits(config.size(), metadata_bytes_max, "the configuration", r.id)) return;
    if (!row_fits(doing, r.id)) return;
    const auto* row = tables_.rigs.find(r.id);
    if (row == nullptr) return fail(no_such_row("rig", r.id));
    rig_row next{0, kept_rig(r, std::move(config))};
    next.value.created_at = row->value.created_at;
    if (name_taken(tables_.rigs.rows(), next.value.name, r.id)) return refuse_duplicate(doing);
    tables_.rigs.update(*row, std::move(next));
    ++changes_;
}

void memory_town_store::delete_rig(std::string_view id) {
    if (!may_read("deleting a rig", id)) return;
    const auto* row = tables_.rigs.find(id);
    if (row == nullptr) return;
    tables_.rigs.erase(*row);
    ++changes_;
}

std::vector<town_store::stored_breaker> memory_town_store::breakers() {
    if (!may_run("reading breakers")) return {};
    std::vector<stored_breaker> out;
    out.reserve(tables_.breakers.rows().size());
    for (const auto& [key, state] : tables_.breakers.rows())
        out.push_back({key, state});
    return out;
}

void memory_town_store::put_breaker(const stored_breaker& b) {
    constexpr std::string_view doing = "writing a breaker";
    if (!may_run(doing) || !fits(b.state_json.size(), metadata_bytes_max, "the state", b.key))
        return;
    if (!row_fits(doing, b.key, b.state_json)) return;
    tables_.breakers.put(b.key, b.state_json);
    ++changes_;
}

void memory_town_store::delete_breaker(std::string_view key) {
    if (!may_read("deleting a breaker", key)) return;
    if (tables_.breakers.erase(key)) ++changes_;
}

}  // namespace townd::model
