// Agents: a bead of type agent and what agent_metadata holds of it; and nudges, which wait for one.

#include <algorithm>

#include "model/handle.hpp"
#include "model/kept.hpp"

namespace townd::model {
namespace {

constexpr std::string_view no_metadata = "it has no row with an identity in agent_metadata";

}  // namespace

std::optional<agent> memory_town_store::agent_of(const bead_row& row) const {
    const auto* kept = tables_.agents.find(row.value.id);
    if (kept == nullptr) return std::nullopt;
    std::optional<agent> out{*kept};
    out->rig = row.value.rig;
    out->name = row.value.title;
    out->created_at = row.value.created_at;
    return out;
}

std::optional<agent> memory_town_store::find_agent(std::string_view id) {
    if (!may_read("reading an agent", id)) return std::nullopt;
    const auto* row = tables_.beads.find(id);
    if (row == nullptr || row->value.type != bead_type::agent) return std::nullopt;
    auto found = agent_of(*row);
    if (!found)
        fail({errc::conflict, "agent " + clean_text(id, 80) + " cannot be read: " +
                                  std::string{no_metadata} + "; correct or delete that row"});
    return found;
}

std::vector<agent> memory_town_store::agents() {
    if (!may_run("reading agents")) return {};
    std::vector<agent> out;
    for (const auto* row : tables_.beads.index().agents())
        if (auto found = agent_of(*row)) out.push_back(*std::move(found));
    std::stable_sort(out.begin(), out.end(),
                     [](const agent& a, const agent& b) { return a.created_at < b.created_at; });
    return out;
}

void memory_town_store::insert_agent(const agent& a) {
    constexpr std::string_view doing = "writing an agent";
    if (!may_run(doing) || !row_fits(doing, a.id, a.identity)) return;
    if (tables_.identities.find(a.identity) != nullptr) return fail(identity_taken(a.identity));
    bead own;
    own.id = a.id;
    own.type = bead_type::agent;
    own.title = a.name;
    own.rig = a.rig;
    own.created_by = "townd";
    own.created_at = own.updated_at = a.created_at;
    insert_bead(own);
    if (tables_.agents.find(a.id) != nullptr) return refuse_duplicate(doing);
    agent row;
    row.id = a.id;
    row.role = a.role;
    row.identity = a.identity;
    tables_.agents.put(a.id, std::move(row));
    tables_.identities.put(a.identity, a.id);
    ++changes_;
    put_agent(a);
}

void memory_town_store::put_agent(const agent& a) {
    constexpr std::string_view doing = "writing an agent";
    if (!may_run(doing)) return;
    if (a.checkpoint_json &&
        !fits(a.checkpoint_json->size(), body_bytes_max, "the checkpoint", a.id))
        return;
    if (!fits(a.active_tools_json.size(), metadata_bytes_max, "the list of tools", a.id)) return;
    if (!row_fits(doing, a.id, a.hook, a.last_event_type)) return;
    const auto* row = tables_.agents.find(a.id);
    if (row == nullptr) return fail(no_such_row("agent", a.id));
    agent next;
    next.id = row->id;
    next.role = row->role;
    next.identity = row->identity;
    next.status_text = status_to_store(a);
    next.status = parse_agent_status(next.status_text);
    next.hook = a.hook;
    next.dispatch_attempts = a.dispatch_attempts;
    next.checkpoint_json = a.checkpoint_json;
    next.last_activity_at = kept_time(a.last_activity_at);
    next.stalled_at = kept_time(a.stalled_at);
    if (a.status_message)
        next.status_message = cut_text(*a.status_message, status_message_bytes_max);
    next.status_message_at = kept_time(a.status_message_at);
    next.last_event_type = a.last_event_type;
    next.last_event_at = kept_time(a.last_event_at);
    next.active_tools_json = a.active_tools_json;
    tables_.agents.put(a.id, std::move(next));
    ++changes_;
}

void memory_town_store::delete_agent(std::string_view id) {
    if (!may_read("deleting an agent", id)) return;
    const std::string agent{id};
    erase_if(tables_.nudges, [&](const nudge_row& row) { return row.value.agent == agent; });
    if (const auto* row = tables_.agents.find(agent)) {
        tables_.identities.erase(std::string{row->identity});
        tables_.agents.erase(agent);
        ++changes_;
    }
    delete_bead(agent);
}

void memory_town_store::add_nudge(const nudge& n) {
    constexpr std::string_view doing = "writing a nudge";
    if (!may_run(doing) || !row_fits(doing, n.id, n.agent, n.mode, n.priority, n.source)) return;
    if (tables_.nudges.find(n.id) != nullptr) return refuse_duplicate(doing);
    nudge_row row{0, n, false};
    row.value.message = cut_text(n.message, event_data_bytes_max);
    row.value.created_at = kept_time(n.created_at);
    row.value.expires_at = kept_time(n.expires_at);
    tables_.nudges.insert(std::move(row));
    ++changes_;
}

std::vector<nudge> memory_town_store::pending_nudges(std::string_view agent, instant now) {
    if (!may_read("reading nudges", agent)) return {};
    std::vector<nudge> out;
    int seen = 0;
    for (const auto* row : tables_.nudges.index().pending()) {
        if (row->value.agent != agent) continue;
        if (++seen > pending_nudges_max) break;
        if (!row->value.expires_at || *row->value.expires_at > now) out.push_back(row->value);
    }
    return out;
}

void memory_town_store::nudge_delivered(std::string_view id, instant) {
    if (!may_read("closing a nudge", id)) return;
    const auto* row = tables_.nudges.find(id);
    if (row == nullptr || row->delivered) return;
    ++changes_;
    if (!tables_.bounds.delivered_nudges) return tables_.nudges.erase(*row);
    nudge_row next;  // Of a delivered one only its id, its agent and its age matter.
    next.value.id = row->value.id;
    next.value.agent = row->value.agent;
    next.value.created_at = row->value.created_at;
    next.delivered = true;
    tables_.nudges.update(*row, std::move(next));
}

}  // namespace townd::model
