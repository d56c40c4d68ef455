#pragma once
// One request on its way through the API: who calls, what was sent, how it is answered.

#include <string>
#include <utility>

#include "api/api.hpp"
#include "api/auth.hpp"
#include "http/message.hpp"
#include "json/json.hpp"
#include "townd/words/result.hpp"

namespace townd::api {

/// What all handlers share. Constant once the routes are added.
struct face {
    engine::fleet& towns;
    api_options options;
};

struct call {
    http::request request;
    http::responder reply;
    caller who;
    json body = json::object();  ///< Always an object; empty when none was sent.
    /// Who used the mayor's tools without being trusted: must be the town's mayor, which the town
    /// is asked before any work is done in it.
    std::optional<agent_id> as_mayor = {};

    [[nodiscard]] town_id town() const { return request.param("town"); }
    [[nodiscard]] rig_id rig() const { return request.param("rig"); }
    [[nodiscard]] agent_id agent() const { return request.param("agent"); }
    [[nodiscard]] bead_id bead() const { return request.param("bead"); }
};

// Answers in the envelope.
[[nodiscard]] http::response success(int status, json data);
[[nodiscard]] http::response refusal(const failure& why);

/// Runs `work` in the town and answers with what came of it; `status` on success.
void write(const face& self, call c, int status, engine::town_work work);
void read(const face& self, call c, engine::town_work work);
/// As `write`, where `answer` makes the whole answer of what `work` returned.
void write_answered(const face& self, call c, engine::town_work work,
                    std::function<http::response(json)> answer);
/// The same in a town that was found by other means than the path.
void write_in(const face& self, call c, const town_id& town, int status, engine::town_work work);

// Look-ups within a town. A thing of another rig does not exist; the mayor, which belongs to none,
// is reached by any.
[[nodiscard]] result<rig> rig_at(town::context& ctx, const rig_id& id);
/// `mayor-TOWN`, which a mayor's container says where other agents' say their rig.
[[nodiscard]] bool is_mayors_rig(const town::context& ctx, const rig_id& id);
[[nodiscard]] result<bead> bead_at(town::context& ctx, const rig_id& rig, const bead_id& id);
[[nodiscard]] result<agent> agent_at(town::context& ctx, const rig_id& rig, const agent_id& id);
/// `ok`, unless the transaction failed meanwhile.
[[nodiscard]] result<json> settled(town::context& ctx, json ok);

}  // namespace townd::api
