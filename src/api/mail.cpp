// Letters and nudges.

#include "api/handlers.hpp"
#include "api/letters.hpp"
#include "town/inbox.hpp"

namespace townd::api {
namespace {

json encode_letter(const bead& b, const agent_id& to) {
    const auto metadata = parse_json(b.metadata_json);
    const bool known = metadata && metadata->is_object();
    const auto from = known ? text_at(*metadata, "from_agent_id") : std::nullopt;
    json out;
    out["id"] = b.id;
    out["from_agent_id"] = from ? json(*from) : json(nullptr);
    out["to_agent_id"] = to;
    out["subject"] = b.title;
    out["body"] = b.body.value_or("");
    out["created_at"] = to_rfc3339(b.created_at);
    out["delivered_at"] = b.closed_at ? json(to_rfc3339(*b.closed_at)) : json(nullptr);
    return out;
}

json encode(const store::nudge& n) {
    json out;
    out["nudge_id"] = n.id;
    out["message"] = n.message;
    out["mode"] = n.mode;
    out["priority"] = n.priority;
    out["source"] = n.source;
    out["created_at"] = to_rfc3339(n.created_at);
    out["expires_at"] = n.expires_at ? json(to_rfc3339(*n.expires_at)) : json(nullptr);
    return out;
}

}  // namespace

town::letter read_letter(fields& in) {
    town::letter out;
    out.from = in.optional_text("from_agent_id");
    out.to = in.text("to_agent_id");
    out.subject = in.text("subject");
    out.body = in.text("body");
    return out;
}

result<json> posted(town::context& ctx, const town::letter& wanted) {
    if (auto room = town::has_room_for_mail(ctx, wanted.to); !room) return room.error();
    const auto made = town::send_mail(ctx, wanted);
    if (!made) return made.error();
    return settled(ctx, encode_letter(*made, wanted.to));
}

void send_mail(const face& self, call c) {
    fields in(c.body);
    auto wanted = read_letter(in);
    if (!wanted.from) in.add("from_agent_id", "Required");
    if (!in.sound()) return c.reply(invalid_body(in.issues()));
    if (auto own = speaks_as(c.who, wanted.from); !own) return c.reply(refusal(own.error()));
    write(self, std::move(c), 201, [rig = c.rig(), wanted](town::context& ctx) -> result<json> {
        if (auto from = agent_at(ctx, rig, *wanted.from); !from) return from.error();
        if (is_mayors_rig(ctx, rig)) return posted(ctx, wanted);  // To anybody.
        if (auto home = rig_at(ctx, rig); !home) return home.error();
        if (auto to = agent_at(ctx, rig, wanted.to); !to) return to.error();
        return posted(ctx, wanted);
    });
}

void read_mail(const face& self, call c) {
    const bool looks_only = c.request.method == "HEAD";  // Whose answer nobody reads.
    auto work = [rig = c.rig(), id = c.agent()](town::context& ctx) -> result<json> {
        if (auto a = agent_at(ctx, rig, id); !a) return a.error();
        json out = json::array();
        for (const auto& letter : town::take_mail(ctx, id))
            out.push_back(encode_letter(letter, id));
        return settled(ctx, std::move(out));
    };
    if (looks_only) return read(self, std::move(c), std::move(work));
    write(self, std::move(c), 200, std::move(work));
}

void list_nudges(const face& self, call c) {
    read(self, std::move(c), [rig = c.rig(), id = c.agent()](town::context& ctx) -> result<json> {
        if (auto a = agent_at(ctx, rig, id); !a) return a.error();
        json out = json::array();
        for (const auto& n : ctx.store.pending_nudges(id, ctx.now))
            out.push_back(encode(n));
        return settled(ctx, std::move(out));
    });
}

void nudge_delivered(const face& self, call c) {
    fields in(c.body);
    const auto nudge = in.text("nudge_id");
    if (!in.sound()) return c.reply(invalid_body(in.issues()));
    write(self, std::move(c), 200,
          [rig = c.rig(), id = c.agent(), nudge](town::context& ctx) -> result<json> {
              if (auto a = agent_at(ctx, rig, id); !a) return a.error();
              json out;
              out["delivered"] = town::deliver_nudge(ctx, id, nudge);
              return settled(ctx, std::move(out));
          });
}

}  // namespace townd::api
