// The town's configuration.

#include "api/config_keys.hpp"
#include "api/fields.hpp"
#include "api/handlers.hpp"
#include "town/beads.hpp"

namespace townd::api {
void show_config(const face& self, call c) {
    read(self, std::move(c), [](town::context& ctx) -> result<json> {
        json out = masked(object_in(ctx.store.meta().config_json));
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
        auto config = merged(object_in(meta.config_json), wanted);
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
