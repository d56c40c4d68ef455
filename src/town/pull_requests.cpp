// News of pull requests, asked for or posted.

#include "town/callbacks.hpp"
#include "town/concerns.hpp"
#include "town/upkeep.hpp"

namespace townd::town {
namespace {

// Failed asks in a row after which a pull request is given up (domain: PR polling limits; F11).
constexpr int transient_max = 10;
constexpr int invalid_max = 3;

void give_up(context& ctx, const bead& request, const pr_answer& answer) {
    const std::string words =
        "its pull request cannot be followed: " +
        clean_text(answer.text.empty() ? "no reason was given" : answer.text, 300);
    add_event(ctx, request.id, "pr_poll_failed", std::nullopt, std::nullopt, words);
    ctx.warn("pull_request_given_up", "merge request " + request.id + ": " + words);
    static_cast<void>(
        review_completed(ctx, request.id, review_verdict::failed, words, std::nullopt));
}

void note_trouble(context& ctx, bead& request, const pr_answer& answer) {
    json metadata = object_in(request.metadata_json);
    const bool transient = answer.trouble == pr_trouble::transient;
    const char* key = transient ? "poll_transient_count" : "poll_non_transient_count";
    const auto count = number_at(metadata, key).value_or(0) + 1;
    metadata[key] = count;
    metadata["poll_error_kind"] = clean_text(answer.text, 200);
    request.metadata_json = dump_json(metadata);
    ctx.store.put_bead(request);
    const bool over = answer.trouble == pr_trouble::permanent ||
                      (transient ? count >= transient_max : count >= invalid_max);
    if (over) give_up(ctx, request, answer);
}

}  // namespace

void ask_about(context& ctx, const bead_id& id) {
    auto request = ctx.store.find_bead(id);
    const auto r = ctx.store.find_review(id);
    if (!request || !r || !r->pr_url || is_terminal(request->status)) return;
    json metadata = object_in(request->metadata_json);
    metadata["last_poll_at"] = to_rfc3339(ctx.now);
    request->metadata_json = dump_json(metadata);
    ctx.store.put_bead(*request);
    upkeep_call ask;
    ask.what = upkeep_call::kind::pull_request;
    ask.subject = id;
    ask.call.url = *r->pr_url;
    ctx.out.upkeep.push_back(std::move(ask));
}

void pull_request_answered(context& ctx, const bead_id& id, const pr_answer& answer) {
    auto request = ctx.store.find_bead(id);
    if (!request || request->type != bead_type::merge_request || is_terminal(request->status))
        return;
    ctx.out.wake = true;
    if (answer.trouble != pr_trouble::none) {
        note_trouble(ctx, *request, answer);
        return;
    }
    json metadata = object_in(request->metadata_json);
    for (const char* key : {"poll_transient_count", "poll_non_transient_count", "poll_error_kind"})
        metadata.erase(key);
    metadata["pr_news_at"] = to_rfc3339(ctx.now);
    metadata["awaiting_approval"] = answer.awaiting_approval;
    request->metadata_json = dump_json(metadata);
    ctx.store.put_bead(*request);
    if (answer.state == pr_state::open) return;
    const bool merged = answer.state == pr_state::merged;
    static_cast<void>(review_completed(
        ctx, id, merged ? review_verdict::merged : review_verdict::failed,
        merged ? "its pull request was merged" : "its pull request was closed", std::nullopt));
}

namespace {

constexpr std::size_t words_bytes_max = 16 * 1024;

bool wants_by_itself(context& ctx, const pr_trouble_report& what) {
    const json& config = town_config(ctx);
    const auto refinery = config.find("refinery");
    if (refinery == config.end() || !refinery->is_object()) return true;
    const char* key = what.conflict ? "auto_resolve_merge_conflicts" : "auto_resolve_pr_feedback";
    return refinery->value(key, json(true)) != json(false);
}

// The bead that resolves troubles of the merge request already, if there is one.
std::optional<bead> fixing(context& ctx, const bead_id& request) {
    for (const auto& d : ctx.store.dependencies_of(request)) {
        if (d.type != "blocks" || !d.on_status || is_terminal(*d.on_status)) continue;
        auto b = ctx.store.find_bead(d.on);
        if (b && (b->has_label("gt:pr-conflict") || b->has_label("gt:pr-feedback"))) return b;
    }
    return std::nullopt;
}

void add_words(context& ctx, bead& b, const pr_trouble_report& what) {
    const std::string body = b.body.value_or("");
    if (body.find(what.words) != std::string::npos) return;  // Said before.
    b.body = cut_text(body + "\n\n" + what.words, store::body_bytes_max);
    const std::string label = what.conflict ? "gt:pr-conflict" : "gt:pr-feedback";
    if (!b.has_label(label)) b.labels.push_back(label);
    b.updated_at = ctx.now;
    ctx.store.put_bead(b);
}

bead fix_of(context& ctx, const bead& request, const std::optional<review>& r,
            const pr_trouble_report& what) {
    bead b;
    b.id = ctx.from.new_id();
    b.title = (what.conflict ? "Resolve conflicts: " : "Answer feedback: ") + request.title;
    b.body = what.words;
    b.rig = request.rig;
    b.priority = request.priority;
    b.labels = {what.conflict ? "gt:pr-conflict" : "gt:pr-feedback"};
    json metadata;
    metadata["source_bead_id"] = request.id;
    if (r) {
        metadata["branch"] = what.branch.value_or(r->branch);
        metadata["target_branch"] = r->target_branch;
        if (r->pr_url) metadata["pr_url"] = *r->pr_url;
    }
    metadata["feedback"] = what.words;
    b.metadata_json = dump_json(metadata);
    b.created_by = "townd";
    b.created_at = b.updated_at = ctx.now;
    return b;
}

}  // namespace

void pull_request_needs_work(context& ctx, const bead_id& id, const pr_trouble_report& said) {
    const auto request = ctx.store.find_bead(id);
    if (!request || request->type != bead_type::merge_request || is_terminal(request->status))
        return;
    pr_trouble_report what = said;
    what.words =
        cut_text(what.words.empty() ? std::string{what.conflict ? "It conflicts with its target."
                                                                : "Changes are asked for."}
                                    : what.words,
                 words_bytes_max);
    ctx.out.wake = true;
    if (!wants_by_itself(ctx, what)) {
        escalate_once(ctx, {id, request->rig, what.conflict ? "pr_conflict" : "pr_feedback",
                            (what.conflict ? "Conflicts in: " : "Feedback on: ") + request->title});
        return;
    }
    if (auto known = fixing(ctx, id)) {
        add_words(ctx, *known, what);
        return;
    }
    const bead fix = fix_of(ctx, *request, ctx.store.find_review(id), what);
    ctx.store.insert_bead(fix);
    ctx.store.add_dependency({id, fix.id, "blocks", std::nullopt});
    add_event(ctx, fix.id, "created");
    add_event(ctx, id, "rework_requested", std::nullopt, std::nullopt, fix.id);
}

void set_auto_merge(context& ctx, const bead_id& id, bool pending) {
    auto request = ctx.store.find_bead(id);
    if (!request || is_terminal(request->status)) return;
    json metadata = object_in(request->metadata_json);
    metadata["auto_merge_pending"] = pending;
    metadata["pr_news_at"] = to_rfc3339(ctx.now);
    request->metadata_json = dump_json(metadata);
    ctx.store.put_bead(*request);
    ctx.out.wake = true;
}

}  // namespace townd::town
