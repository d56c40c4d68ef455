// Rigs: the repositories of a town.

#include "api/encode.hpp"
#include "api/fields.hpp"
#include "api/handlers.hpp"
#include "town/agents.hpp"
#include "town/callbacks.hpp"

namespace townd::api {
namespace {

constexpr std::size_t rig_name_letters_max = 64;
constexpr std::size_t default_branch_letters_max = 255;

failure no_rig(const rig_id& id) {
    return {errc::not_found, "Rig " + clean_text(id, 80) + " not found"};
}

// The container hands these to git: none may look like an option or break a line.
void check_git_word(fields& in, std::string_view key, std::string_view text) {
    if (text.starts_with('-')) in.add(key, "Must not begin with a dash");
    for (const char c : text) {
        if (static_cast<unsigned char>(c) > ' ' && c != '\x7F') continue;
        in.add(key, "Must not hold blanks or control characters");
        return;
    }
}

bool may_use(town::context& ctx, std::string_view user) {
    const auto owner = ctx.store.meta().owner;
    return owner.empty() || owner == user;
}

void put_token(town::context& ctx, const std::string& token) {
    auto meta = ctx.store.meta();
    json config = object_in(meta.config_json);
    config["kilocode_token"] = token;
    meta.config_json = dump_json(config);
    meta.updated_at = ctx.now;
    ctx.store.put_meta(meta);
}

// What waits for a repository that is gone would wait for ever.
result<void> clear_rig(town::context& ctx, const rig_id& id) {
    for (const auto& a : ctx.store.agents()) {
        if (a.rig != id) continue;
        if (auto gone = town::delete_agent(ctx, a.id); !gone) return gone.error();
    }
    for (const auto& live : ctx.store.load_live().beads) {
        if (live.rig != id) continue;
        auto b = ctx.store.find_bead(live.id);  // It may be over by the end of another.
        if (b) town::cancel_bead(ctx, *b, bead_status::failed, "its rig was deleted");
    }
    return {};
}

// The rig's town, when the user may know it.
std::optional<town_id> town_of(const face& self, const call& c) {
    return self.towns.town_of_rig(c.rig());
}

}  // namespace

void create_rig(const face& self, call c) {
    fields in(c.body);
    const town_id town = in.text("town_id");
    rig wanted;
    wanted.name = in.text("name", rig_name_letters_max);
    wanted.git_url = in.text("git_url", url_letters_max);
    wanted.default_branch =
        in.optional_text("default_branch", default_branch_letters_max).value_or("main");
    if (wanted.default_branch.empty()) in.add("default_branch", "Must not be empty");
    wanted.platform_integration_id =
        in.optional_text("platform_integration_id", rig_name_letters_max);
    const auto token = in.optional_text("kilocode_token", url_letters_max);
    check_git_word(in, "git_url", wanted.git_url);
    check_git_word(in, "default_branch", wanted.default_branch);
    if (!in.sound()) return c.reply(invalid_body(in.issues()));
    wanted.id = self.options.new_id();
    const std::string user = c.request.param("user");
    write_in(self, std::move(c), town, 201,
             [wanted, token, user](town::context& ctx) mutable -> result<json> {
                 if (!may_use(ctx, user))
                     return failure{errc::not_found, "Town " + ctx.town + " not found"};
                 wanted.created_at = ctx.now;
                 ctx.store.insert_rig(wanted);
                 if (token) put_token(ctx, *token);
                 ctx.out.wake = true;
                 return settled(ctx, to_json(wanted, ctx.town));
             });
}

void list_rigs(const face& self, call c) {
    const std::string user = c.request.param("user");
    read(self, std::move(c), [user](town::context& ctx) -> result<json> {
        if (!may_use(ctx, user)) return failure{errc::not_found, "Town " + ctx.town + " not found"};
        json out = json::array();
        for (const auto& r : ctx.store.rigs())
            out.push_back(to_json(r, ctx.town));
        return settled(ctx, std::move(out));
    });
}

void show_rig(const face& self, call c) {
    const auto town = town_of(self, c);
    if (!town) return c.reply(refusal(no_rig(c.rig())));
    const std::string user = c.request.param("user");
    const rig_id id = c.rig();
    c.request.params["town"] = *town;
    read(self, std::move(c), [id, user](town::context& ctx) -> result<json> {
        if (!may_use(ctx, user)) return no_rig(id);
        auto r = rig_at(ctx, id);
        if (!r) return r.error();
        return to_json(*r, ctx.town);
    });
}

void delete_rig(const face& self, call c) {
    const auto town = town_of(self, c);
    if (!town) return c.reply(refusal(no_rig(c.rig())));
    const std::string user = c.request.param("user");
    const rig_id id = c.rig();
    write_in(self, std::move(c), *town, 200, [id, user](town::context& ctx) -> result<json> {
        if (!may_use(ctx, user)) return no_rig(id);
        if (auto r = rig_at(ctx, id); !r) return r.error();
        if (auto cleared = clear_rig(ctx, id); !cleared) return cleared.error();
        ctx.store.delete_rig(id);
        ctx.out.wake = true;
        json out;
        out["deleted"] = true;
        return settled(ctx, std::move(out));
    });
}

}  // namespace townd::api
