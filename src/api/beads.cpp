// Beads of a rig.

#include "town/beads.hpp"

#include "api/beads.hpp"
#include "api/encode.hpp"
#include "api/handlers.hpp"
#include "town/agents.hpp"

namespace townd::api {
namespace {

constexpr std::size_t list_entries_max = 1000;

json deleted() {
    json out;
    out["deleted"] = true;
    return out;
}

result<json> shown(const result<bead>& b) {
    if (!b) return b.error();
    return to_json(*b);
}

// A merge request that comes as a bead brings its branch in its metadata.
void check_branch(fields& in, const json* metadata) {
    if (metadata != nullptr && !text_at(*metadata, "branch").value_or("").empty()) return;
    in.add("metadata", "A merge request needs metadata.branch; or submit to review-queue");
}

void add_review(town::context& ctx, const bead& request, const rig& home) {
    const auto metadata = parse_json(request.metadata_json);
    if (!metadata) return;
    review r;
    r.id = request.id;
    r.branch = text_at(*metadata, "branch").value_or("");
    r.target_branch = text_at(*metadata, "target_branch").value_or(home.default_branch);
    const auto source = text_at(*metadata, "source_bead_id");
    if (source && ctx.store.find_bead(*source)) r.source = source;
    ctx.store.insert_review(r);
}

// The work that a molecule's steps are of: it must be there and not over.
result<void> find_parent(town::context& ctx, town::new_bead& wanted) {
    const auto metadata = parse_json(wanted.metadata_json);
    const auto id = metadata ? text_at(*metadata, "work_bead_id") : std::nullopt;
    const auto work = bead_at(ctx, *wanted.rig, id.value_or(""));
    if (!work) return failure{errc::invalid, "metadata.work_bead_id: " + work.error().what};
    if (is_terminal(work->status))
        return failure{errc::conflict, "bead " + work->id + " is over: it needs no steps"};
    wanted.parent = work->id;
    return {};
}

// An agent ends its own work only.
result<void> check_own_bead(town::context& ctx, const std::optional<agent_id>& self,
                            const bead& work) {
    if (!self || work.assignee == self) return {};
    const auto a = ctx.store.find_agent(*self);
    if (a && a->hook == work.id) return {};
    return failure{errc::forbidden, "The token is for another agent than the bead's"};
}

void end_or_move(const face& self, call c, bead_status to, const std::optional<agent_id>& by) {
    const auto speaker = c.as_mayor ? std::nullopt : c.who.speaks_for();
    write(self, std::move(c), 200,
          [rig = c.rig(), id = c.bead(), to, by, speaker](town::context& ctx) -> result<json> {
              auto b = bead_at(ctx, rig, id);
              if (!b) return b.error();
              if (auto own = check_own_bead(ctx, speaker, *b); !own) return own.error();
              return shown(town::change_status(ctx, id, to, by));
          });
}

}  // namespace

void create_bead(const face& self, call c) {
    fields in(c.body);
    town::new_bead wanted;
    const auto type = in.choice("type", parse_bead_type, bead_types);
    wanted.type = type.value_or(bead_type::issue);
    wanted.title = in.text("title");
    wanted.body = in.optional_text("body");
    wanted.rig = c.rig();
    wanted.priority = in.optional_choice("priority", parse_bead_priority, bead_priorities)
                          .value_or(bead_priority::medium);
    wanted.labels = in.texts("labels", list_entries_max);
    wanted.metadata_json = in.object_text("metadata");
    wanted.assignee = in.optional_text("assignee_agent_id");
    wanted.blocked_by = in.texts("blocked_by", list_entries_max);
    wanted.created_by = author(c).value_or("api");
    if (type == bead_type::agent) in.add("type", "Agents are created by POST agents");
    if (type == bead_type::merge_request) check_branch(in, in.find("metadata"));
    if (type == bead_type::molecule) check_molecule(in, in.find("metadata"));
    if (!in.sound()) return c.reply(invalid_body(in.issues()));
    write(self, std::move(c), 201, [wanted](town::context& ctx) mutable -> result<json> {
        auto home = rig_at(ctx, *wanted.rig);
        if (!home) return home.error();
        if (wanted.type == bead_type::molecule) {
            if (auto work = find_parent(ctx, wanted); !work) return work.error();
        }
        auto made = town::create_bead(ctx, wanted);
        if (!made) return made.error();
        if (made->type == bead_type::merge_request) add_review(ctx, *made, *home);
        return settled(ctx, to_json(*made));
    });
}

void list_beads(const face& self, call c) {
    store::bead_filter filter;
    filter.rig = c.rig();
    const auto& q = c.request;
    const auto limit = parse_count(q.query_text("limit").value_or("100"));
    const auto offset = parse_count(q.query_text("offset").value_or("0"));
    if (!limit || !offset)
        return c.reply(refusal({errc::invalid, "limit and offset must be non-negative integers"}));
    filter.limit = std::min(*limit, 1000);
    filter.offset = *offset;
    json query = json::object();
    for (const char* key : {"status", "type", "assignee_agent_id"})
        if (auto said = q.query_text(key); said && !said->empty()) query[key] = *said;
    fields in(query);
    filter.status = in.optional_choice("status", parse_bead_status, bead_statuses);
    filter.type = in.optional_choice("type", parse_bead_type, bead_types);
    filter.assignee = in.optional_text("assignee_agent_id");
    if (!in.sound()) return c.reply(invalid_body(in.issues(), "Invalid query"));
    read(self, std::move(c), [filter](town::context& ctx) -> result<json> {
        if (auto home = rig_at(ctx, *filter.rig); !home) return home.error();
        json out = json::array();
        for (const auto& b : ctx.store.list_beads(filter))
            out.push_back(to_json(b));
        return settled(ctx, std::move(out));
    });
}

void show_bead(const face& self, call c) {
    read(self, std::move(c), [rig = c.rig(), id = c.bead()](town::context& ctx) -> result<json> {
        return shown(bead_at(ctx, rig, id));
    });
}

void delete_bead(const face& self, call c) {
    write(self, std::move(c), 200,
          [rig = c.rig(), id = c.bead()](town::context& ctx) -> result<json> {
              if (auto b = bead_at(ctx, rig, id); !b) return b.error();
              if (auto gone = town::delete_bead(ctx, id); !gone) return gone.error();
              return deleted();
          });
}

void change_bead_status(const face& self, call c) {
    fields in(c.body);
    const auto to = in.choice("status", parse_bead_status, bead_statuses);
    auto by = in.optional_text("agent_id");
    if (!in.sound()) return c.reply(invalid_body(in.issues()));
    if (auto own = speaks_as(c.who, by); !own) return c.reply(refusal(own.error()));
    if (!by) by = author(c);
    end_or_move(self, std::move(c), *to, by);
}

void close_bead(const face& self, call c) {
    fields in(c.body);
    auto by = in.optional_text("agent_id");
    if (!in.sound()) return c.reply(invalid_body(in.issues()));
    if (auto own = speaks_as(c.who, by); !own) return c.reply(refusal(own.error()));
    if (!by) by = author(c);
    end_or_move(self, std::move(c), bead_status::closed, by);
}

void retry_bead(const face& self, call c) {
    fields in(c.body);
    const auto reason = in.optional_text("reason").value_or("");
    if (!in.sound()) return c.reply(invalid_body(in.issues()));
    write(self, std::move(c), 200,
          [rig = c.rig(), id = c.bead(), reason](town::context& ctx) -> result<json> {
              if (auto b = bead_at(ctx, rig, id); !b) return b.error();
              return shown(town::retry_bead(ctx, id, reason));
          });
}

void sling(const face& self, call c) {
    fields in(c.body);
    const auto title = in.text("title");
    const auto body = in.optional_text("body");
    const auto metadata = in.object_text("metadata");
    if (!in.sound()) return c.reply(invalid_body(in.issues()));
    write(self, std::move(c), 201, [rig = c.rig(), title, body, metadata](town::context& ctx) {
        return slung(ctx, rig, title, body, metadata);
    });
}

result<json> slung(town::context& ctx, const rig_id& rig, const std::string& title,
                   const std::optional<std::string>& body, const std::string& metadata) {
    if (auto home = rig_at(ctx, rig); !home) return home.error();
    auto made = town::sling(ctx, rig, title, body, metadata);
    if (!made) return made.error();
    json out;
    out["bead"] = to_json(made->work);
    out["agent"] = made->on ? to_json(*made->on) : json(nullptr);
    return settled(ctx, std::move(out));
}

}  // namespace townd::api
