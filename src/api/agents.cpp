// Agents of a rig.

#include "town/agents.hpp"

#include "api/encode.hpp"
#include "api/fields.hpp"
#include "api/handlers.hpp"

namespace townd::api {
namespace {

constexpr std::size_t agent_name_letters_max = 128;
constexpr std::size_t identity_letters_max = 256;
constexpr int primed_beads_max = 100;

result<json> shown(const result<agent>& a) {
    if (!a) return a.error();
    return to_json(*a);
}

json said_so(const char* word) {
    json out;
    out[word] = true;
    return out;
}

json hooked_bead(town::context& ctx, const bead& work) {
    json out = to_json(work);
    if (work.type == bead_type::merge_request)
        if (const auto r = ctx.store.find_review(work.id)) out["review"] = to_json(*r);
    return out;
}

json open_beads_of(town::context& ctx, const agent_id& id, bool messages) {
    json out = json::array();
    store::bead_filter filter;
    filter.assignee = id;
    filter.limit = primed_beads_max;
    for (const bead_status status : {bead_status::open, bead_status::in_progress}) {
        filter.status = status;
        for (const auto& b : ctx.store.list_beads(filter))
            if ((b.type == bead_type::message) == messages) out.push_back(to_json(b));
    }
    return out;
}

// Beads that continue other work say in their metadata what it is about.
void add_contexts(json& out, const std::optional<bead>& work) {
    struct context_of {
        const char* key;
        std::initializer_list<std::string_view> labels;
    };
    for (const auto& [key, labels] :
         {context_of{"rework_context", {"gt:rework"}},
          context_of{"pr_fixup_context", {"gt:pr-fixup", "gt:pr-feedback"}},
          context_of{"pr_conflict_context", {"gt:pr-conflict"}}}) {
        out[key] = nullptr;
        for (const auto label : labels)
            if (work && work->has_label(label)) out[key] = to_json(*work)["metadata"];
    }
}

result<json> prime(town::context& ctx, const rig_id& rig, const agent_id& id) {
    const auto a = agent_at(ctx, rig, id);
    if (!a) return a.error();
    const auto work = a->hook ? ctx.store.find_bead(*a->hook) : std::nullopt;
    json out;
    out["agent"] = to_json(*a);
    out["hooked_bead"] = work ? hooked_bead(ctx, *work) : json(nullptr);
    out["undelivered_mail"] = open_beads_of(ctx, id, true);
    out["open_beads"] = open_beads_of(ctx, id, false);
    add_contexts(out, work);
    out["eviction_context"] = nullptr;
    if (work)
        out["eviction_context"] = to_json(*work)["metadata"].value("eviction_context", json());
    return settled(ctx, std::move(out));
}

}  // namespace

void create_agent(const face& self, call c) {
    fields in(c.body);
    const auto role = in.choice("role", parse_agent_role, agent_roles);
    const auto name = in.text("name", agent_name_letters_max);
    const auto identity = in.text("identity", identity_letters_max);
    if (!in.sound()) return c.reply(invalid_body(in.issues()));
    write(self, std::move(c), 201,
          [rig = c.rig(), role, name, identity](town::context& ctx) -> result<json> {
              if (auto home = rig_at(ctx, rig); !home) return home.error();
              return shown(town::create_agent(ctx, *role, name, identity, rig));
          });
}

void list_agents(const face& self, call c) {
    json query = json::object();
    for (const char* key : {"role", "status"})
        if (auto said = c.request.query_text(key); said && !said->empty()) query[key] = *said;
    fields in(query);
    const auto role = in.optional_choice("role", parse_agent_role, agent_roles);
    const auto status = in.optional_text("status");
    if (!in.sound()) return c.reply(invalid_body(in.issues(), "Invalid query"));
    read(self, std::move(c), [rig = c.rig(), role, status](town::context& ctx) -> result<json> {
        if (auto home = rig_at(ctx, rig); !home) return home.error();
        json out = json::array();
        for (const auto& a : ctx.store.agents()) {
            if (a.rig != rig || (role && a.role != *role)) continue;
            json entry = to_json(a);
            if (!status || entry["status"] == *status) out.push_back(std::move(entry));
        }
        return settled(ctx, std::move(out));
    });
}

void show_agent(const face& self, call c) {
    read(self, std::move(c), [rig = c.rig(), id = c.agent()](town::context& ctx) -> result<json> {
        return shown(agent_at(ctx, rig, id));
    });
}

void delete_agent(const face& self, call c) {
    write(self, std::move(c), 200,
          [rig = c.rig(), id = c.agent()](town::context& ctx) -> result<json> {
              if (auto a = agent_at(ctx, rig, id); !a) return a.error();
              if (auto gone = town::delete_agent(ctx, id); !gone) return gone.error();
              return said_so("deleted");
          });
}

void get_or_create_agent(const face& self, call c) {
    fields in(c.body);
    const auto role = in.choice("role", parse_agent_role, agent_roles);
    if (!in.sound()) return c.reply(invalid_body(in.issues()));
    write(self, std::move(c), 200, [rig = c.rig(), role](town::context& ctx) -> result<json> {
        if (auto home = rig_at(ctx, rig); !home) return home.error();
        return shown(town::get_or_create(ctx, *role, rig));
    });
}

void hook_agent(const face& self, call c) {
    fields in(c.body);
    const auto work = in.text("bead_id");
    if (!in.sound()) return c.reply(invalid_body(in.issues()));
    write(self, std::move(c), 200,
          [rig = c.rig(), id = c.agent(), work](town::context& ctx) -> result<json> {
              const auto a = agent_at(ctx, rig, id);
              if (!a) return a.error();
              // The mayor takes work of every rig.
              if (a->rig) {
                  if (auto b = bead_at(ctx, rig, work); !b) return b.error();
              }
              if (auto hooked = town::hook(ctx, id, work); !hooked) return hooked.error();
              return said_so("hooked");
          });
}

void unhook_agent(const face& self, call c) {
    write(self, std::move(c), 200,
          [rig = c.rig(), id = c.agent()](town::context& ctx) -> result<json> {
              if (auto a = agent_at(ctx, rig, id); !a) return a.error();
              if (auto unhooked = town::unhook(ctx, id); !unhooked) return unhooked.error();
              return said_so("unhooked");
          });
}

void prime_agent(const face& self, call c) {
    read(self, std::move(c), [rig = c.rig(), id = c.agent()](town::context& ctx) -> result<json> {
        return prime(ctx, rig, id);
    });
}

}  // namespace townd::api
