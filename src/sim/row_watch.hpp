#pragma once
// What became durable in a town's file: the rows that the oracle minds.

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "store/town_store.hpp"

namespace townd::sim {

struct bead_put {
    bead row;  ///< Without body; metadata of triage's beads only.
};
struct bead_gone {
    bead_id id;
};
struct dispatch_put {
    dispatch row;  ///< Without phases.
};
struct agent_put {
    agent_id id;
    agent_role role;
    agent_status status;
    std::optional<bead_id> hook;
};
struct breaker_put {
    std::string key;
    std::string state_json;  ///< Empty: deleted.
};
struct agent_gone {
    agent_id id;
};
struct review_put {
    review row;
    bool fresh = false;  ///< Inserted.
};
struct convoy_put {
    store::convoy row;
};
struct edge_put {
    dependency row;
};
struct nudge_put {
    agent_id agent;
    bool urgent = false;
};
/// A value of the town, as its drain; `text` is empty when it was erased.
struct value_put {
    std::string key;
    std::string text;
};
struct stop_put {
    agent_id agent;
    bool gone = false;
};
using row_change = std::variant<bead_put, bead_gone, dispatch_put, agent_put, breaker_put, stop_put,
                                agent_gone, review_put, convoy_put, edge_put, nudge_put, value_put>;

class row_watch {
public:
    virtual ~row_watch() = default;
    /// The daemon has opened the file: what is in it, before anything is decided.
    virtual void opened(std::uint32_t town, store::town_store& file) = 0;
    virtual void closed(std::uint32_t town) = 0;
    /// The changes of one transaction, durable now, in order.
    virtual void committed(std::uint32_t town, const std::vector<row_change>& changes) = 0;
    /// Whether the process lives to see this step.
    [[nodiscard]] virtual bool step() = 0;
};

/// A town's file as the daemon uses it, watched. Kill -9 can come before each commit.
[[nodiscard]] std::unique_ptr<store::town_store> watched(std::unique_ptr<store::town_store> file,
                                                         std::uint32_t town, row_watch& watch);

}  // namespace townd::sim
