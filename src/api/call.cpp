#include "api/call.hpp"

namespace townd::api {
namespace {

constexpr int error_retry_after_seconds = 5;
constexpr int overload_retry_after_seconds = 1;

using make_answer = std::function<http::response(json)>;

engine::reply answer_with(http::responder reply, make_answer answer) {
    return [reply = std::move(reply), answer = std::move(answer)](result<json> came) {
        reply(came ? answer(*std::move(came)) : refusal(came.error()));
    };
}

make_answer with_status(int status) {
    return [status](json data) { return success(status, std::move(data)); };
}

// The work of a call, once it is sure that who called may ask for it.
engine::town_work permitted(const call& c, engine::town_work work) {
    if (!c.as_mayor) return work;
    return [id = *c.as_mayor, work = std::move(work)](town::context& ctx) -> result<json> {
        const auto a = ctx.store.find_agent(id);
        if (ctx.store.failed()) return *ctx.store.failed();
        if (!a || a->role != agent_role::mayor)
            return failure{errc::forbidden, "Only the town's mayor may use its tools"};
        return work(ctx);
    };
}

failure missing(town::context& ctx, std::string_view what, std::string_view id) {
    if (ctx.store.failed()) return *ctx.store.failed();
    return {errc::not_found, std::string{what} + " " + clean_text(id, 80) + " not found"};
}

}  // namespace

http::response success(int status, json data) {
    json body;
    body["success"] = true;
    body["data"] = std::move(data);
    return http::json_response(status, body);
}

http::response refusal(const failure& why) {
    json body;
    body["success"] = false;
    body["error"] = why.what;
    auto out = http::json_response(http::status_of(why.kind), body);
    if (out.status == 503)
        out.headers.emplace_back("Retry-After", std::to_string(why.kind == errc::overloaded
                                                                   ? overload_retry_after_seconds
                                                                   : error_retry_after_seconds));
    if (out.status == 401) out.headers.emplace_back("WWW-Authenticate", "Bearer");
    return out;
}

void write(const face& self, call c, int status, engine::town_work work) {
    const town_id town = c.town();
    write_in(self, std::move(c), town, status, std::move(work));
}

void write_in(const face& self, call c, const town_id& town, int status, engine::town_work work) {
    auto allowed = permitted(c, std::move(work));
    self.towns.in_town(town, std::move(allowed),
                       answer_with(std::move(c.reply), with_status(status)));
}

void write_answered(const face& self, call c, engine::town_work work, make_answer answer) {
    const town_id town = c.town();
    auto allowed = permitted(c, std::move(work));
    self.towns.in_town(town, std::move(allowed),
                       answer_with(std::move(c.reply), std::move(answer)));
}

void read(const face& self, call c, engine::town_work work) {
    const town_id town = c.town();
    auto allowed = permitted(c, std::move(work));
    self.towns.read_town(town, std::move(allowed),
                         answer_with(std::move(c.reply), with_status(200)));
}

result<rig> rig_at(town::context& ctx, const rig_id& id) {
    auto found = ctx.store.find_rig(id);
    if (!found) return missing(ctx, "Rig", id);
    return *std::move(found);
}

bool is_mayors_rig(const town::context& ctx, const rig_id& id) {
    return id == "mayor-" + ctx.town;
}

result<bead> bead_at(town::context& ctx, const rig_id& rig, const bead_id& id) {
    auto found = ctx.store.find_bead(id);
    if (!found || found->rig != rig) return missing(ctx, "Bead", id);
    return *std::move(found);
}

result<agent> agent_at(town::context& ctx, const rig_id& rig, const agent_id& id) {
    auto found = ctx.store.find_agent(id);
    if (!found || (found->rig && *found->rig != rig)) return missing(ctx, "Agent", id);
    return *std::move(found);
}

result<json> settled(town::context& ctx, json ok) {
    if (ctx.store.failed()) return *ctx.store.failed();
    return ok;
}

}  // namespace townd::api
