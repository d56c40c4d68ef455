// What agents leave behind: status lines, checkpoints, events. None of it moves any work.

#include "api/fields.hpp"
#include "api/handlers.hpp"

namespace townd::api {
namespace {

constexpr std::size_t status_letters_max = 280;
constexpr std::size_t word_bytes_max = 200;
constexpr std::size_t type_letters_max = 200;

json said_so(const char* word) {
    json out;
    out[word] = true;
    return out;
}

// Data that does not fit is kept as far as it goes, with a marker and its true length: refusing it
// lost the transition that it told of (incident row E5).
std::string bounded_data(const json& data) {
    std::string text = dump_json(data);
    if (text.size() <= store::event_data_bytes_max) return text;
    for (std::size_t keep = store::event_data_bytes_max * 3 / 4;; keep /= 2) {
        json cut;
        cut["truncated"] = true;
        cut["bytes"] = text.size();
        cut["head"] = cut_text(text, keep);
        std::string out = dump_json(cut);  // Escapes may make it longer than what was cut.
        if (out.size() <= store::event_data_bytes_max) return out;
    }
}

// Eviction adds to a checkpoint, it does not replace what the agent wrote.
std::string with_eviction(const std::optional<std::string>& checkpoint, const json& context) {
    json out = json::object();
    if (checkpoint) {
        auto before = parse_json(*checkpoint);
        if (before && before->is_object()) {
            out = *std::move(before);
        } else {
            out["data"] = before ? *std::move(before) : json(*checkpoint);
        }
    }
    out["eviction_context"] = context;
    return dump_json(out);
}

}  // namespace

void agent_said(const face& self, call c) {
    fields in(c.body);
    const auto message = in.text("message", status_letters_max);
    if (!in.sound()) return c.reply(invalid_body(in.issues()));
    write(self, std::move(c), 200,
          [rig = c.rig(), id = c.agent(), message](town::context& ctx) -> result<json> {
              auto a = agent_at(ctx, rig, id);
              if (!a) return a.error();
              a->status_message = message;
              a->status_message_at = ctx.now;
              ctx.store.put_agent(*a);
              town::add_event(ctx, a->hook.value_or(a->id), "agent_status", id, std::nullopt,
                              message);
              return settled(ctx, said_so("updated"));
          });
}

void write_checkpoint(const face& self, call c) {
    fields in(c.body);
    const json* data = in.find("data");
    if (!c.body.contains("data")) in.add("data", "Required");
    if (!in.sound()) return c.reply(invalid_body(in.issues()));
    const auto text = data != nullptr ? std::optional{dump_json(*data)} : std::nullopt;
    write(self, std::move(c), 200,
          [rig = c.rig(), id = c.agent(), text](town::context& ctx) -> result<json> {
              auto a = agent_at(ctx, rig, id);
              if (!a) return a.error();
              a->checkpoint_json = text;
              ctx.store.put_agent(*a);
              return settled(ctx, said_so("written"));
          });
}

void write_eviction_context(const face& self, call c) {
    fields in(c.body);
    json context;
    context["branch"] = clean_text(in.text("branch"), word_bytes_max);
    context["agent_name"] = clean_text(in.optional_text("agent_name").value_or(""), word_bytes_max);
    context["saved_at"] = clean_text(in.optional_text("saved_at").value_or(""), word_bytes_max);
    if (!in.sound()) return c.reply(invalid_body(in.issues()));
    write(self, std::move(c), 200,
          [rig = c.rig(), id = c.agent(), context](town::context& ctx) -> result<json> {
              auto a = agent_at(ctx, rig, id);
              if (!a) return a.error();
              a->checkpoint_json = with_eviction(a->checkpoint_json, context);
              ctx.store.put_agent(*a);
              return settled(ctx, said_so("stored"));
          });
}

void add_agent_event(const face& self, call c) {
    fields in(c.body);
    const auto id = in.text("agent_id");
    const auto type = in.text("event_type", type_letters_max);
    if (!in.sound()) return c.reply(invalid_body(in.issues()));
    if (auto own = speaks_as(c.who, id); !own) return c.reply(refusal(own.error()));
    const json* data = in.find("data");
    const auto text = data != nullptr ? bounded_data(*data) : std::string{"{}"};
    write(self, std::move(c), 201,
          [rig = c.rig(), id, type, text](town::context& ctx) -> result<json> {
              if (auto a = agent_at(ctx, rig, id); !a) return a.error();
              ctx.store.add_agent_event(id, type, text, ctx.now);
              return settled(ctx, said_so("recorded"));
          });
}

}  // namespace townd::api
