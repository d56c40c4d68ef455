// What an agent's session reports: it lives, it is done, it is over.

#include "town/callbacks.hpp"

#include "api/fields.hpp"
#include "api/handlers.hpp"

namespace townd::api {
namespace {

constexpr std::size_t word_bytes_max = 200;
constexpr std::string_view mayor_rig_prefix = "mayor-";

std::optional<std::string> short_text(const json& body, std::string_view key) {
    auto text = text_at(body, key);
    if (text) *text = clean_text(*text, word_bytes_max);
    return text;
}

// A heartbeat is a sign of life before all: a field of it that cannot be read is left out, and the
// agent lives all the same.
town::heartbeat_report report_of(const json& body) {
    town::heartbeat_report report;
    report.last_event_type = short_text(body, "lastEventType");
    if (const auto at = text_at(body, "lastEventAt")) report.last_event_at = parse_time(*at);
    report.container_instance = short_text(body, "containerInstanceId");
    const auto tools = body.find("activeTools");
    if (tools != body.end() && tools->is_array()) {
        auto text = dump_json(*tools);
        if (text.size() <= store::metadata_bytes_max) report.active_tools_json = std::move(text);
    }
    return report;
}

// Finds the agent, then lets `said` happen; answers `{word: true}`.
template <class Said>
engine::town_work agent_work(const call& c, const char* word, Said said) {
    return [rig = c.rig(), id = c.agent(), named = named_dispatch(c, c.agent()), word,
            said](town::context& ctx) -> result<json> {
        if (auto a = agent_at(ctx, rig, id); !a) return a.error();
        if (auto taken = said(ctx, id, named); !taken) return taken.error();
        json out;
        out[word] = true;
        return settled(ctx, std::move(out));
    };
}

// While the container is being replaced, the one that comes learns what it must say.
engine::town_work heartbeat_work(const call& c) {
    auto taken = agent_work(c, "heartbeat",
                            [report = report_of(c.body)](town::context& ctx, const agent_id& id,
                                                         const town::named_dispatch& named) {
                                return town::heartbeat(ctx, id, named, report);
                            });
    return [taken = std::move(taken)](town::context& ctx) -> result<json> {
        auto out = taken(ctx);
        if (out && ctx.facts.drain) (*out)["drainNonce"] = ctx.facts.drain->nonce;
        return out;
    };
}

std::optional<bool> parse_failed(std::string_view text) {
    if (text == "completed") return false;
    if (text == "failed") return true;
    return std::nullopt;
}

std::optional<town_id> town_behind(const face& self, const call& c) {
    if (c.who.token && !c.who.token->town.empty()) return c.who.token->town;
    const rig_id rig = c.rig();
    if (auto found = self.towns.town_of_rig(rig)) return found;
    // The mayor's stand-in for a rig names its town.
    if (rig.starts_with(mayor_rig_prefix)) return rig.substr(mayor_rig_prefix.size());
    return std::nullopt;
}

}  // namespace

void heartbeat(const face& self, call c) {
    auto work = heartbeat_work(c);
    write(self, std::move(c), 200, std::move(work));
}

void old_heartbeat(const face& self, call c) {
    const auto town = town_behind(self, c);
    if (!town)
        return c.reply(refusal({errc::not_found, "Rig " + clean_text(c.rig(), 80) + " not found"}));
    auto work = heartbeat_work(c);
    write_in(self, std::move(c), *town, 200, std::move(work));
}

void agent_done(const face& self, call c) {
    fields in(c.body);
    town::done_report report;
    report.branch = in.text("branch", branch_letters_max);
    report.pr_url = in.optional_text("pr_url", url_letters_max);
    report.summary = in.optional_text("summary");
    if (report.pr_url && report.pr_url->empty()) report.pr_url.reset();
    if (!in.sound()) return c.reply(invalid_body(in.issues()));
    auto work = agent_work(
        c, "done",
        [report](town::context& ctx, const agent_id& id, const town::named_dispatch& named) {
            return town::done(ctx, id, named, report);
        });
    write(self, std::move(c), 200, std::move(work));
}

void agent_completed(const face& self, call c) {
    fields in(c.body);
    const auto failed = in.choice("status", parse_failed, "completed, failed");
    const auto reason = in.optional_text("reason").value_or("");
    if (!in.sound()) return c.reply(invalid_body(in.issues()));
    auto work = agent_work(c, "completed",
                           [failed, reason](town::context& ctx, const agent_id& id,
                                            const town::named_dispatch& named) {
                               return town::completed(ctx, id, named, *failed, reason);
                           });
    write(self, std::move(c), 200, std::move(work));
}

void agent_waiting(const face& self, call c) {
    auto work =
        agent_work(c, "waiting",
                   [](town::context& ctx, const agent_id& id, const town::named_dispatch& named) {
                       return town::waiting(ctx, id, named);
                   });
    write(self, std::move(c), 200, std::move(work));
}

}  // namespace townd::api
