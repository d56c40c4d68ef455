// What reviewers and triage agents decide.

#include "town/triage.hpp"

#include "api/encode.hpp"
#include "api/fields.hpp"
#include "api/handlers.hpp"
#include "town/rework.hpp"

namespace townd::api {
namespace {

constexpr std::string_view not_yours =
    "Only the session that was started for a triage batch (its token, or X-Dispatch-Id) or an "
    "operator may resolve triage requests";

}  // namespace

void resolve_triage(const face& self, call c) {
    fields in(c.body);
    town::triage_decision said;
    said.request = in.text("triage_request_bead_id");
    const auto action = in.choice("action", town::parse_triage_action, town::triage_actions);
    said.notes = in.optional_text("resolution_notes").value_or("");
    if (!in.sound()) return c.reply(invalid_body(in.issues()));
    said.action = *action;
    const auto agent = author(c);
    const auto named = named_dispatch(c, agent.value_or(""));
    const bool trusted = c.who.what == caller::kind::trusted;
    said.by = agent.value_or(trusted ? "operator" : "container");
    write(self, std::move(c), 200,
          [rig = c.rig(), said, agent, named, trusted](town::context& ctx) -> result<json> {
              if (auto home = rig_at(ctx, rig); !home) return home.error();
              if (!trusted && !town::may_resolve(ctx, agent, named))
                  return failure{errc::forbidden, std::string{not_yours}};
              const auto request = town::resolve_triage(ctx, said);
              if (!request) return request.error();
              return settled(ctx, to_json(*request));
          });
}

void request_changes(const face& self, call c) {
    fields in(c.body);
    town::wanted_changes wanted;
    wanted.feedback = in.text("feedback");
    wanted.files = in.texts("files", town::rework_files_max);
    if (!in.sound()) return c.reply(invalid_body(in.issues()));
    const auto named = named_dispatch(c, c.agent());
    auto work = [rig = c.rig(), id = c.agent(), named, wanted](town::context& ctx) -> result<json> {
        if (auto a = agent_at(ctx, rig, id); !a) return a.error();
        const auto said = town::request_changes(ctx, id, named, wanted);
        if (!said) return said.error();
        json out;
        if (said->rework) out["rework_bead_id"] = *said->rework;
        if (!said->rework) out["refusal"] = said->refusal;
        return out;
    };
    // A refusal is an answer here and no failure: what it says did happen, and stays.
    write_answered(self, std::move(c), std::move(work), [](json data) {
        if (const auto why = text_at(data, "refusal")) return refusal({errc::conflict, *why});
        return success(201, std::move(data));
    });
}

}  // namespace townd::api
