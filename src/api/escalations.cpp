// Escalations: what an agent or service wants a person to see.

#include "api/encode.hpp"
#include "api/fields.hpp"
#include "api/handlers.hpp"
#include "town/beads.hpp"

namespace townd::api {
namespace {

constexpr std::size_t category_letters_max = 200;

store::escalation escalation_of(town::context& ctx, const bead& b) {
    if (auto found = ctx.store.find_escalation(b.id)) return *std::move(found);
    store::escalation e;
    e.id = b.id;
    e.severity = to_text(b.priority);
    return e;
}

}  // namespace

void create_escalation(const face& self, call c) {
    fields in(c.body);
    town::new_bead wanted;
    wanted.type = bead_type::escalation;
    wanted.title = in.text("title");
    wanted.body = in.optional_text("body");
    wanted.rig = c.rig();
    wanted.priority = in.optional_choice("priority", parse_bead_priority, bead_priorities)
                          .value_or(bead_priority::medium);
    wanted.metadata_json = in.object_text("metadata");
    const auto category = in.optional_text("category", category_letters_max).value_or("");
    wanted.labels = {"gt:escalation", "severity:" + std::string{to_text(wanted.priority)}};
    wanted.created_by = author(c).value_or("api");
    if (!in.sound()) return c.reply(invalid_body(in.issues()));
    write(self, std::move(c), 201, [wanted, category](town::context& ctx) mutable -> result<json> {
        if (is_mayors_rig(ctx, *wanted.rig)) {
            wanted.rig.reset();
        } else if (auto home = rig_at(ctx, *wanted.rig); !home) {
            return home.error();
        }
        auto made = town::create_bead(ctx, wanted);
        if (!made) return made.error();
        store::escalation e;
        e.id = made->id;
        e.severity = to_text(made->priority);
        e.category = category;
        ctx.store.put_escalation(e);
        town::add_event(ctx, made->id, "escalated", std::nullopt, std::nullopt, e.severity);
        return settled(ctx, to_json(*made, e));
    });
}

void list_escalations(const face& self, call c) {
    store::bead_filter filter;
    filter.type = bead_type::escalation;
    const auto limit = parse_count(c.request.query_text("limit").value_or("100"));
    const auto offset = parse_count(c.request.query_text("offset").value_or("0"));
    if (!limit || !offset)
        return c.reply(refusal({errc::invalid, "limit and offset must be non-negative integers"}));
    filter.limit = std::min(*limit, 1000);
    filter.offset = *offset;
    read(self, std::move(c), [filter](town::context& ctx) -> result<json> {
        json out = json::array();
        for (const auto& b : ctx.store.list_beads(filter))
            out.push_back(to_json(b, escalation_of(ctx, b)));
        return settled(ctx, std::move(out));
    });
}

void acknowledge_escalation(const face& self, call c) {
    write(
        self, std::move(c), 200, [id = c.request.param("id")](town::context& ctx) -> result<json> {
            const auto b = ctx.store.find_bead(id);
            if (ctx.store.failed()) return *ctx.store.failed();
            if (!b || b->type != bead_type::escalation)
                return failure{errc::not_found, "Escalation " + clean_text(id, 80) + " not found"};
            auto e = escalation_of(ctx, *b);
            if (!e.acknowledged) {
                e.acknowledged = true;
                e.acknowledged_at = ctx.now;
                ctx.store.put_escalation(e);
            }
            return settled(ctx, to_json(*b, e));
        });
}

}  // namespace townd::api
