// News of pull requests, asked for or posted.

#include "town/callbacks.hpp"
#include "town/upkeep.hpp"

namespace townd::town {
namespace {

// Failed asks in a row after which a pull request is given up (domain: PR polling limits; F11).
constexpr int transient_max = 10;
constexpr int invalid_max = 3;

json metadata_of(const bead& b) {
    auto own = parse_json(b.metadata_json);
    return own && own->is_object() ? *std::move(own) : json::object();
}

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
    json metadata = metadata_of(request);
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
    json metadata = metadata_of(*request);
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
    json metadata = metadata_of(*request);
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

}  // namespace townd::town
