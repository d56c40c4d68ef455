// Events that services and people tell a town: news of pull requests, what was cancelled.

#include <algorithm>
#include <array>

#include "api/fields.hpp"
#include "api/handlers.hpp"

namespace townd::api {
namespace {

constexpr std::array<std::string_view, 7> known_types{
    "pr_status_changed",  "pr_feedback_detected", "pr_conflict_detected", "pr_auto_merge",
    "auto_merge_cleared", "bead_cancelled",       "convoy_started"};
constexpr std::string_view known_list =
    "pr_status_changed, pr_feedback_detected, pr_conflict_detected, pr_auto_merge, "
    "auto_merge_cleared, bead_cancelled, convoy_started";

std::optional<std::string> parse_type(std::string_view text) {
    const bool known = std::find(known_types.begin(), known_types.end(), text) != known_types.end();
    if (!known) return std::nullopt;
    return std::string{text};
}

// What the town would only find out later, and set aside.
void check_payload(fields& in, std::string_view type, const json* payload) {
    if (type != "pr_status_changed") return;
    std::string said;
    for (const char* key : {"pr_state", "state", "status"})
        if (payload != nullptr && payload->is_object() && said.empty())
            said = text_at(*payload, key).value_or("");
    if (said != "open" && said != "merged" && said != "closed")
        in.add("payload", "Expected pr_state: open, merged or closed");
}

// A pull request may be named by its address.
bool names_pull_request(std::string_view type, const json* payload) {
    return type.find("pr_") != std::string_view::npos && payload != nullptr &&
           payload->is_object() && !text_at(*payload, "pr_url").value_or("").empty();
}

failure unknown(std::string_view what, std::string_view id) {
    return {errc::not_found, std::string{what} + " " + clean_text(id, 80) + " not found"};
}

}  // namespace

void add_town_event(const face& self, call c) {
    fields in(c.body);
    const auto type = in.choice("event_type", parse_type, known_list);
    const auto agent = in.optional_text("agent_id");
    const auto payload = in.object_text("payload");
    const json* details = in.find("payload");
    auto work = in.optional_text("bead_id");
    if (!work && !names_pull_request(type.value_or(""), details)) in.add("bead_id", "Required");
    check_payload(in, type.value_or(""), details);
    if (!in.sound()) return c.reply(invalid_body(in.issues()));
    const std::string id = self.options.new_id();
    write(self, std::move(c), 201,
          [id, type, agent, work, payload](town::context& ctx) -> result<json> {
              const bool no_bead = work && !ctx.store.find_bead(*work);
              const bool no_agent = agent && !ctx.store.find_agent(*agent);
              if (ctx.store.failed()) return *ctx.store.failed();
              if (no_bead) return unknown("Bead", *work);
              if (no_agent) return unknown("Agent", *agent);
              ctx.store.add_town_event(id, *type, agent, work, payload, ctx.now, false);
              ctx.out.wake = true;  // The tick that follows applies it.
              json out;
              out["event_id"] = id;
              return settled(ctx, std::move(out));
          });
}

}  // namespace townd::api
