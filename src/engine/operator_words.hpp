#pragma once
// Operators' orders and what they did, in words and JSON.

#include "engine/fleet.hpp"
#include "store/fleet_store.hpp"

namespace townd::engine {

/// `everything`, `town t1`, `rig r1 of town t1`, `role polecat`, `role polecat of town t1`.
[[nodiscard]] std::string target_of(const override_order& order);
/// What a request is for, in the same words; `breaker KEY of town t1`, `bead B of town t1`,
/// `breakers`.
[[nodiscard]] std::string target_of(const operator_request& what);

/// id kind scope town rig role by reason set_at expires_at; null where it does not apply.
[[nodiscard]] json to_json(const override_order& order);
[[nodiscard]] json to_json(const store::audit_entry& entry);

/// `{before, after, applied, audit_id, expires_at}`.
struct operator_answer {
    json before;
    json after;
    bool applied = false;
    std::optional<std::int64_t> audit_id;
    std::optional<instant> expires_at;
};
[[nodiscard]] json to_json(const operator_answer& answer);
/// As answers and orders carry it: `a-17`.
[[nodiscard]] std::string audit_name(std::int64_t id);

/// `Everything is paused by root until 16:20 UTC: deploy.` At most two orders, and how many more
/// there are. Empty without any.
[[nodiscard]] std::string sentence_of(const override_list& orders);

/// Orders of the list, widest scope first, with what still runs of each.
[[nodiscard]] std::vector<order_in_force> progress_of(
    const override_list& orders, const std::vector<std::shared_ptr<const town_summary>>& towns);

}  // namespace townd::engine
