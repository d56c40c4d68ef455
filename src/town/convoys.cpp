#include "town/convoys.hpp"

#include "town/beads.hpp"
#include "town/callbacks.hpp"

namespace townd::town {
namespace {

constexpr std::size_t slug_bytes_max = 40;
constexpr std::string_view tracks = "tracks";

// A title as a part of a branch's name.
std::string slug(std::string_view title) {
    std::string out;
    for (const char c : title) {
        if (out.size() >= slug_bytes_max) break;
        const bool upper = c >= 'A' && c <= 'Z';
        const bool keep = upper || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
        if (keep) {
            out += upper ? static_cast<char>(c - 'A' + 'a') : c;
        } else if (!out.empty() && out.back() != '-') {
            out += '-';
        }
    }
    while (!out.empty() && out.back() == '-')
        out.pop_back();
    return out.empty() ? "convoy" : out;
}

// What the town's owner wants for a convoy that does not say.
store::convoy row_for(context& ctx, const new_convoy& wanted, const bead& head) {
    const json& config = town_config(ctx);
    store::convoy row;
    row.id = head.id;
    row.total_beads = static_cast<int>(wanted.beads.size());
    row.feature_branch = "convoy/" + slug(wanted.title) + "/" + head.id.substr(0, 8) + "/head";
    const auto own = text_at(config, "convoy_merge_mode").value_or(std::string{lands_by_review});
    row.merge_mode = wanted.merge_mode.value_or(own);
    if (row.merge_mode != lands_bead_by_bead) row.merge_mode = lands_by_review;
    const auto staged = config.find("staged_convoys_default");
    const bool by_default = staged != config.end() && staged->is_boolean() && staged->get<bool>();
    row.staged = wanted.staged.value_or(by_default);
    return row;
}

result<bead> make_head(context& ctx, const new_convoy& wanted) {
    new_bead head;
    head.type = bead_type::convoy;
    head.title = wanted.title;
    head.rig = wanted.rig;
    head.labels = {"gt:convoy"};
    head.created_by = wanted.created_by;
    return create_bead(ctx, head);
}

result<bead> make_member(context& ctx, const new_convoy& wanted, const convoy_bead& one,
                         const store::convoy& row) {
    json metadata;
    metadata["convoy_id"] = row.id;
    metadata["feature_branch"] = row.feature_branch.value_or("");
    // The original's key: work on such beads begins and is merged there.
    if (row.merge_mode == lands_by_review)
        metadata["convoy_feature_branch"] = metadata["feature_branch"];
    new_bead member;
    member.title = one.title;
    member.body = one.body;
    member.rig = wanted.rig;
    member.metadata_json = dump_json(metadata);
    member.created_by = wanted.created_by;
    auto made = create_bead(ctx, member);
    if (made) ctx.store.add_dependency({made->id, row.id, std::string{tracks}, std::nullopt});
    return made;
}

std::string what_is_wrong(const convoy_order& order) {
    if (!order.problems.empty()) return order.problems.front().text;
    if (!order.cycle.empty()) return "beads wait for each other: " + order.cycle;
    return {};
}

failure over(const bead& convoy) {
    return {errc::conflict,
            "convoy " + convoy.id + " is " + std::string{to_text(convoy.status)} + ": it is over"};
}

// Ends one thing that tracks the convoy, and its reviews.
void cancel_member(context& ctx, const bead_id& id, bead_status to, std::string_view why) {
    auto b = ctx.store.find_bead(id);
    if (!b) return;
    for (const auto& link : ctx.store.reviews_of(id)) {
        auto request =
            is_terminal(link.status) ? std::nullopt : ctx.store.find_bead(link.merge_request);
        if (request) cancel_bead(ctx, *request, bead_status::failed, why);
    }
    // A merge request that is closed counts as merged.
    const bool landing = b->type == bead_type::merge_request;
    cancel_bead(ctx, *b, landing ? bead_status::failed : to, why);
}

void reopen(context& ctx, bead convoy, const bead_id& member) {
    const std::string before{to_text(convoy.status)};
    json metadata = object_in(convoy.metadata_json);
    for (const char* key : {"landing_mr_attempts", "last_landing_mr_attempt_at", "ready_to_land"})
        metadata.erase(key);
    convoy.metadata_json = dump_json(metadata);
    convoy.status = bead_status::open;
    convoy.closed_at.reset();
    convoy.reason.clear();
    convoy.updated_at = ctx.now;
    ctx.store.put_bead(convoy);
    json why;
    why["reason"] = "its failed bead " + member + " is tried again";
    add_event(ctx, convoy.id, "reopened", std::nullopt, before, std::string{to_text(convoy.status)},
              why);
    ctx.out.wake = true;
}

}  // namespace

result<made_convoy> create_convoy(context& ctx, const new_convoy& wanted) {
    if (!ctx.store.find_rig(wanted.rig)) {
        if (ctx.store.failed()) return *ctx.store.failed();
        return failure{errc::not_found, "Rig " + clean_text(wanted.rig, 80) + " not found"};
    }
    const auto order = order_of(wanted.beads);
    if (auto wrong = what_is_wrong(order); !wrong.empty())
        return failure{errc::invalid, "depends_on: " + std::move(wrong)};
    auto head = make_head(ctx, wanted);
    if (!head) return head.error();
    const auto row = row_for(ctx, wanted, *head);
    ctx.store.put_convoy(row);
    made_convoy out;
    for (const auto& one : wanted.beads) {
        auto member = make_member(ctx, wanted, one, row);
        if (!member) return member.error();
        out.beads.push_back(*std::move(member));
    }
    for (std::size_t i = 0; i < out.beads.size(); ++i)
        for (const std::size_t on : order.after[i])
            ctx.store.add_dependency({out.beads[i].id, out.beads[on].id, "blocks", std::nullopt});
    out.convoy = *std::move(head);
    if (ctx.store.failed()) return *ctx.store.failed();
    return out;
}

result<bead> find_convoy_bead(context& ctx, const bead_id& id) {
    auto b = ctx.store.find_bead(id);
    if (ctx.store.failed()) return *ctx.store.failed();
    if (!b || b->type != bead_type::convoy)
        return failure{errc::not_found, "Convoy " + clean_text(id, 80) + " not found"};
    return *std::move(b);
}

result<bead> start_convoy(context& ctx, const bead_id& id) {
    auto b = find_convoy_bead(ctx, id);
    if (!b) return b.error();
    if (is_terminal(b->status)) return over(*b);
    auto row = ctx.store.find_convoy(id);
    if (row && row->staged) {
        row->staged = false;
        ctx.store.put_convoy(*row);
        add_event(ctx, id, "convoy_started");
        ctx.out.wake = true;
    }
    if (ctx.store.failed()) return *ctx.store.failed();
    return b;
}

result<bead> close_convoy(context& ctx, const bead_id& id) {
    auto b = find_convoy_bead(ctx, id);
    if (!b) return b.error();
    if (is_terminal(b->status)) return over(*b);
    cancel_bead(ctx, *b, bead_status::closed, "closed by a person or program, not landed");
    if (ctx.store.failed()) return *ctx.store.failed();
    return b;
}

void cancel_members(context& ctx, const bead_id& convoy, bead_status to) {
    const std::string why = "its convoy was " + std::string{to_text(to)};
    for (const auto& member : ctx.store.dependents_of(convoy, tracks))
        cancel_member(ctx, member, to, why);
    // Or a bead of it that is retried one day would wait for a start that cannot come.
    if (auto row = ctx.store.find_convoy(convoy); row && row->staged) {
        row->staged = false;
        ctx.store.put_convoy(*row);
    }
}

void reopen_convoy_of(context& ctx, const bead_id& member) {
    for (const auto& edge : ctx.store.dependencies_of(member)) {
        if (edge.type != tracks) continue;
        auto convoy = ctx.store.find_bead(edge.on);
        if (convoy && convoy->type == bead_type::convoy && convoy->status == bead_status::failed)
            reopen(ctx, *std::move(convoy), member);
    }
}

convoy_progress progress_of(context& ctx, const bead_id& id) {
    convoy_progress out;
    out.row.id = id;
    if (auto row = ctx.store.find_convoy(id)) out.row = *std::move(row);
    for (const auto& member : ctx.store.dependents_of(id, tracks)) {
        auto b = ctx.store.find_bead(member);
        if (!b || b->type != bead_type::issue) continue;
        if (b->status == bead_status::closed) ++out.closed;
        if (b->status == bead_status::failed) ++out.failed;
        out.beads.push_back(*std::move(b));
    }
    return out;
}

}  // namespace townd::town
