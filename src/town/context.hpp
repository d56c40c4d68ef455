#pragma once
// All that an operation on one town works with, for the length of one transaction.

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "json/json.hpp"
#include "store/town_store.hpp"
#include "townd/decide/gate.hpp"
#include "townd/decide/town_state.hpp"
#include "townd/port/container.hpp"
#include "townd/port/journal.hpp"

namespace townd::town {

/// Values that do not come from the state: ids, jitter, the wall clock for tokens.
struct sources {
    std::function<std::string()> new_id;  ///< UUIDs.
    std::function<double()> draw;         ///< [0, 1).
    std::function<std::int64_t()> wall_seconds;
};

/// What the daemon knows and every town uses. Constant between reloads.
struct settings {
    policy rules;
    std::string containers_url;  ///< `{town}` is replaced.
    std::string api_url;         ///< What containers call.
    std::string jwt_secret;
    std::string restart_url;                   ///< Told to restart a container; may be empty.
    std::vector<std::string> restart_command;  ///< Run for the same; `{town}` is replaced.
};

/// A start to be sent once the transaction is durable. Made with the gate's permit only.
struct launch {
    permit leave;
    dispatch what;
    http_call call;
    int slot_class = 0;  ///< Whose share of the daemon's slots it holds; the engine's business.
};
/// A stop or status call to be sent then.
struct agent_call {
    agent_id agent;
    http_call call;
};

/// A call to the container (or to who runs it) that concerns no attempt.
struct upkeep_call {
    enum class kind : std::uint8_t { health, token, message, restart, pull_request };
    kind what = kind::health;
    std::string subject;  ///< The message's bead, or empty.
    http_call call;
};

/// What follows a durable transaction. Dropped whole when it fails: nothing is ever sent that is
/// not on record (E7).
struct effects {
    std::vector<launch> starts;
    std::vector<agent_call> stops;
    std::vector<agent_call> polls;
    std::vector<upkeep_call> upkeep;
    std::vector<std::function<void(journal_port&)>> told;
    std::vector<fleet_news> news;  ///< For the fleet's coordinator.
    /// Identities in use, once a start needed to know.
    std::optional<std::set<std::string>> identities;
    /// The town's configuration, read once: the text and what it holds.
    std::string config_text;
    json config = json::object();
    /// The container's token, once a start needed one: the same for all of a transaction.
    std::optional<std::string> container_token;
    bool wake = false;    ///< Something changed that a tick should look at.
    bool undone = false;  ///< An action failed: to be tried again before long.
};

/// Borrowed for one transaction on the town's thread.
struct context {
    store::town_store& store;
    const town_id& town;
    instant now;
    const settings& with;
    const sources& from;
    breaker_set& breakers;
    town_facts& facts;
    effects& out;

    void tell(std::function<void(journal_port&)> what) { out.told.push_back(std::move(what)); }
    void note(std::string_view event, std::string text);
    void warn(std::string_view event, std::string text);
};

/// Where a part of a transaction began, beside the store's savepoint: a part that is undone leaves
/// nothing behind that would be sent, told or remembered all the same.
class part {
public:
    explicit part(context& ctx);
    void undo();

private:
    context& ctx_;
    breaker_set breakers_;
    town_facts facts_;
    std::size_t starts_, stops_, polls_, upkeep_, told_, news_;
    bool wake_;
};

/// What the town's owner set; an empty object when nothing readable. Valid until the next call.
[[nodiscard]] const json& town_config(context& ctx);

/// Adds a row to the bead's history.
void add_event(context& ctx, const bead_id& bead, std::string_view type,
               std::optional<agent_id> agent = std::nullopt,
               std::optional<std::string> old_value = std::nullopt,
               std::optional<std::string> new_value = std::nullopt, const json& metadata = json());

/// Moves a bead that is not terminal; writes history; recounts nothing it need not. A terminal bead
/// stays as it is and false is returned (E8). `failed` takes the reason into the event's
/// `failure_reason` metadata.
bool set_status(context& ctx, bead& b, bead_status to, std::string_view reason,
                const std::optional<agent_id>& by = std::nullopt);

}  // namespace townd::town
