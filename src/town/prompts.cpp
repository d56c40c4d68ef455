#include "town/prompts.hpp"

#include "town/concerns.hpp"
#include "town/triage.hpp"

namespace townd::town {
namespace {

constexpr std::size_t prompt_bytes_max = 128 * 1024;
constexpr std::size_t branch_bytes_max = 1024;
constexpr std::size_t context_bytes_max = 1024;
constexpr std::size_t checkpoint_bytes_max = 16 * 1024;
constexpr std::size_t requests_shown_max = 20;

std::string slug(std::string_view name) {
    std::string out;
    for (const char c : name) {
        const bool keep = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
        const bool upper = c >= 'A' && c <= 'Z';
        out += keep ? c : upper ? static_cast<char>(c - 'A' + 'a') : '-';
    }
    return out;
}

// A branch's name as metadata gives it; empty for what git would take for something else.
std::string branch_at(const json& object, std::string_view key) {
    const auto text = text_at(object, key).value_or("");
    const bool plain = !text.empty() && text.size() <= branch_bytes_max && text.front() != '-' &&
                       text.find_first_of(" \t\r\n") == std::string::npos;
    return plain ? text : std::string{};
}

json eviction_of(const json& metadata) {
    const auto found = metadata.find("eviction_context");
    return found != metadata.end() && found->is_object() ? *found : json::object();
}

// Beads that go on with a branch that is under review.
bool continues_branch(const bead& b) {
    for (const std::string_view label :
         {"gt:rework", "gt:pr-fixup", "gt:pr-feedback", "gt:pr-conflict"})
        if (b.has_label(label)) return true;
    return false;
}

std::string request_line(context& ctx, const bead_id& id) {
    const auto request = ctx.store.find_bead(id);
    if (!request || is_terminal(request->status)) return {};
    const json metadata = object_in(request->metadata_json);
    std::string out = "\n- " + id + ": " + clean_text(request->title, context_bytes_max);
    if (const auto kind = text_at(metadata, "triage_type"))
        out += "\n  type: " + clean_text(*kind, 100);
    if (const auto agent = text_at(metadata, "agent_bead_id"))
        out += "\n  agent: " + clean_text(*agent, 100);
    if (const auto work = text_at(metadata, "hooked_bead_id"))
        out += "\n  bead: " + clean_text(*work, 100);
    return out;
}

std::string triage_text(context& ctx, const json& metadata) {
    std::string out = "\n\nResolve each of these requests:";
    const auto requests = metadata.find("requests");
    std::size_t shown = 0;
    if (requests != metadata.end() && requests->is_array())
        for (const auto& id : *requests)
            if (id.is_string() && shown++ < requests_shown_max)
                out += request_line(ctx, id.get<std::string>());
    out +=
        "\n\nFor each: POST triage/resolve of this rig with {\"triage_request_bead_id\": id, "
        "\"action\": action, \"resolution_notes\": why}. Actions: ";
    out += triage_actions;
    out +=
        ". Look at the agent and the bead first; choose the mildest action that helps; ask a "
        "person (ESCALATE) when you cannot tell. When all are resolved, say done. Change no "
        "code.";
    return out;
}

// What the session before left when its container went.
std::string left_behind(const json& metadata) {
    std::string out;
    const std::string branch = branch_at(eviction_of(metadata), "branch");
    if (!branch.empty())
        out +=
            "\n\nThis work was begun before: its container was replaced. What was done so far "
            "is on branch " +
            branch + "; you start from there. Go on with it.";
    const auto checkpoint = metadata.find("checkpoint");
    if (checkpoint != metadata.end() && !checkpoint->is_null())
        out += "\n\nNotes of the agent before you:\n" +
               cut_text(dump_json(*checkpoint), checkpoint_bytes_max);
    return out;
}

}  // namespace

std::string prompt_for(context& ctx, agent_role role, const bead& work) {
    std::string out = work.title;
    if (work.body && !work.body->empty()) out += "\n\n" + *work.body;
    const json metadata = object_in(work.metadata_json);
    if (role == agent_role::refinery) {
        const auto r = ctx.store.find_review(work.id);
        if (r) out += "\n\nReview branch " + r->branch + " against " + r->target_branch + ".";
    }
    if (continues_branch(work)) {
        if (const auto branch = branch_at(metadata, "branch"); !branch.empty())
            out += "\n\nWork on branch " + branch + ", which is under review, and say done.";
        // A body may be missing in beads of another time.
        const auto feedback = text_at(metadata, "feedback").value_or("");
        if (!work.body.value_or("").starts_with(feedback)) out += "\n\n" + feedback;
    }
    if (work.has_label(triage_label)) out += triage_text(ctx, metadata);
    out += left_behind(metadata);
    return cut_text(out.empty() ? work.id : out, prompt_bytes_max);
}

std::string system_prompt_for(const agent& a, std::string_view own) {
    std::string out;
    switch (a.role) {
        case agent_role::polecat:
            out = "You are polecat " + a.name + ". Do the hooked bead, push your branch, say done.";
            break;
        case agent_role::refinery:
            out = "You are the refinery. Review the hooked merge request and complete it.";
            break;
        case agent_role::mayor:
            out = "You are the mayor of this town. Coordinate its work.";
            break;
    }
    return own.empty() ? out : out + "\n\n" + std::string{own};
}

work_place place_of(context& ctx, agent_role role, const agent& a, const bead& work,
                    std::string_view default_branch) {
    work_place out;
    out.branch = default_branch;
    if (role == agent_role::refinery) {
        if (const auto r = ctx.store.find_review(work.id)) out.branch = r->branch;
        return out;
    }
    if (role != agent_role::polecat) return out;
    out.branch = "gt/" + slug(a.name) + "/" + work.id.substr(0, 8);
    const json metadata = object_in(work.metadata_json);
    std::string from = branch_at(eviction_of(metadata), "branch");
    if (from.empty()) from = branch_at(metadata, "convoy_feature_branch");
    if (const auto branch = branch_at(metadata, "branch");
        continues_branch(work) && !branch.empty())
        out.branch = from = branch;
    if (!from.empty()) out.start_point = "origin/" + from;
    return out;
}

}  // namespace townd::town
