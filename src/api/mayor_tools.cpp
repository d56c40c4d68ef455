// The mayor's tools: what the coordinating agent of a town may do to all of it. Lists, convoys and
// single beads have the same handlers as the town's own routes.

#include "api/beads.hpp"
#include "api/convoy_body.hpp"
#include "api/encode.hpp"
#include "api/handlers.hpp"
#include "api/letters.hpp"
#include "town/agents.hpp"
#include "town/beads.hpp"
#include "town/inbox.hpp"

namespace townd::api {
namespace {

constexpr std::size_t message_letters_max = 8 * 1024;

std::optional<std::string> parse_mode(std::string_view text) {
    if (text == "wait-idle" || text == "immediate" || text == "queue") return std::string{text};
    return std::nullopt;
}

std::optional<std::string> parse_urgency(std::string_view text) {
    if (text == "normal" || text == "urgent") return std::string{text};
    return std::nullopt;
}

result<agent> agent_of_town(town::context& ctx, const agent_id& id) {
    auto a = ctx.store.find_agent(id);
    if (ctx.store.failed()) return *ctx.store.failed();
    if (!a) return failure{errc::not_found, "Agent " + clean_text(id, 80) + " not found"};
    return *std::move(a);
}

result<json> shown(const result<bead>& b) {
    if (!b) return b.error();
    return to_json(*b);
}

// A key of the original's, where ours is not given.
std::string_view either(const json& body, std::string_view ours, std::string_view theirs) {
    return !body.contains(ours) && body.contains(theirs) ? theirs : ours;
}

}  // namespace

void mayor_sling(const face& self, call c) {
    fields in(c.body);
    const auto rig = in.text("rig_id");
    const auto title = in.text("title");
    const auto body = in.optional_text("body");
    const auto metadata = in.object_text("metadata");
    if (!in.sound()) return c.reply(invalid_body(in.issues()));
    write(self, std::move(c), 201, [rig, title, body, metadata](town::context& ctx) {
        return slung(ctx, rig, title, body, metadata);
    });
}

void mayor_sling_batch(const face& self, call c) {
    fields in(c.body);
    auto wanted = read_convoy(in, c.body, either(c.body, "convoy_title", "title"),
                              either(c.body, "beads", "tasks"));
    wanted.created_by = author(c).value_or("api");
    if (!in.sound()) return c.reply(invalid_body(in.issues()));
    write(self, std::move(c), 201,
          [wanted](town::context& ctx) -> result<json> { return made_convoy(ctx, wanted); });
}

void mayor_rigs(const face& self, call c) {
    read(self, std::move(c), [](town::context& ctx) -> result<json> {
        json out = json::array();
        for (const auto& r : ctx.store.rigs())
            out.push_back(to_json(r, ctx.town));
        return settled(ctx, std::move(out));
    });
}

void mayor_mail(const face& self, call c) {
    fields in(c.body);
    auto wanted = read_letter(in);
    if (!in.sound()) return c.reply(invalid_body(in.issues()));
    if (auto own = speaks_as(c.who, wanted.from); !own) return c.reply(refusal(own.error()));
    if (!wanted.from) wanted.from = author(c);
    write(self, std::move(c), 201, [wanted](town::context& ctx) -> result<json> {
        if (auto to = agent_of_town(ctx, wanted.to); !to) return to.error();
        if (wanted.from) {
            if (auto from = agent_of_town(ctx, *wanted.from); !from) return from.error();
        }
        return posted(ctx, wanted);
    });
}

void mayor_nudge(const face& self, call c) {
    fields in(c.body);
    town::new_nudge wanted;
    wanted.agent = in.text(either(c.body, "agent_id", "target_agent_id"));
    wanted.message = in.text("message", message_letters_max);
    wanted.mode =
        in.optional_choice("mode", parse_mode, "wait-idle, immediate, queue").value_or(wanted.mode);
    wanted.priority =
        in.optional_choice("priority", parse_urgency, "normal, urgent").value_or(wanted.priority);
    wanted.source = author(c).value_or("api");
    if (!in.sound()) return c.reply(invalid_body(in.issues()));
    write(self, std::move(c), 201, [wanted](town::context& ctx) -> result<json> {
        if (auto a = agent_of_town(ctx, wanted.agent); !a) return a.error();
        const auto id = town::add_nudge(ctx, wanted);
        if (!id) return id.error();
        json out;
        out["nudge_id"] = *id;
        return settled(ctx, std::move(out));
    });
}

void reassign_bead(const face& self, call c) {
    fields in(c.body);
    const auto to = in.text("agent_id");
    if (!in.sound()) return c.reply(invalid_body(in.issues()));
    write(self, std::move(c), 200,
          [rig = c.rig(), id = c.bead(), to](town::context& ctx) -> result<json> {
              if (auto b = bead_at(ctx, rig, id); !b) return b.error();
              if (auto a = agent_at(ctx, rig, to); !a) return a.error();
              if (auto hooked = town::hook(ctx, to, id); !hooked) return hooked.error();
              return shown(bead_at(ctx, rig, id));
          });
}

void reset_bead(const face& self, call c) {
    write(self, std::move(c), 200,
          [rig = c.rig(), id = c.bead()](town::context& ctx) -> result<json> {
              if (auto b = bead_at(ctx, rig, id); !b) return b.error();
              return shown(town::reset_bead(ctx, id));
          });
}

void reset_agent(const face& self, call c) {
    write(self, std::move(c), 200,
          [rig = c.rig(), id = c.agent()](town::context& ctx) -> result<json> {
              if (auto a = agent_at(ctx, rig, id); !a) return a.error();
              const auto rested = town::reset_agent(ctx, id);
              if (!rested) return rested.error();
              return settled(ctx, to_json(*rested));
          });
}

}  // namespace townd::api
