// The town's configuration.

#include "api/config_keys.hpp"
#include "api/fields.hpp"
#include "api/handlers.hpp"
#include "town/beads.hpp"

namespace townd::api {
namespace {

json config_of(const store::town_meta& meta) {
    auto parsed = parse_json(meta.config_json);
    return parsed && parsed->is_object() ? *std::move(parsed) : json::object();
}

}  // namespace

void show_config(const face& self, call c) {
    read(self, std::move(c), [](town::context& ctx) -> result<json> {
        json out = masked(config_of(ctx.store.meta()));
        return settled(ctx, std::move(out));
    });
}

void patch_config(const face& self, call c) {
    fields in(c.body);
    check_config(c.body, c.town(), in);
    if (!in.sound()) return c.reply(invalid_body(in.issues()));
    json wanted = std::move(c.body);
    write(self, std::move(c), 200, [wanted](town::context& ctx) -> result<json> {
        auto meta = ctx.store.meta();
        auto config = merged(config_of(meta), wanted);
        if (!config) return config.error();
        meta.config_json = dump_json(*config);
        meta.updated_at = ctx.now;
        ctx.store.put_meta(meta);
        // What was refused under the old configuration may be accepted under this one.
        town::unpark(ctx, std::nullopt);
        ctx.out.wake = true;
        return settled(ctx, masked(*config));
    });
}

}  // namespace townd::api
