#pragma once
// Applies what operators ask for. Durable before effect: an order is committed with its row in the
// audit log before any tick sees it, and what a town does for an operator is in the log before the
// town is asked. Orders are read before the first tick, so a restart forgets none (incident row
// G8), and one whose time is over ends by itself.

#include <functional>
#include <set>
#include <string>

#include "engine/environment.hpp"
#include "engine/fleet_records.hpp"
#include "engine/operator_words.hpp"

namespace townd::engine {

class operator_desk {
public:
    /// All must outlive it; `records` must not run yet.
    operator_desk(fleet& towns, environment& env, fleet_records& records,
                  std::function<void(const town_id&)> wake);

    /// As in `fleet`. Any thread.
    void operate(operator_request what, reply done);
    void read_audit(audit_query which, reply done);
    [[nodiscard]] operator_view view() const;
    /// What the verdict says of orders, ending in a blank; empty when there is nothing to say.
    [[nodiscard]] std::string sentence() const;

private:
    // All on the records' thread.
    void load(store::fleet_store& in);
    void end_orders(store::fleet_store& in, instant now);
    void take(const result<store::fleet_store*>& in, const operator_request& what,
              const reply& done);
    [[nodiscard]] bool repeated(store::fleet_store& in, const operator_request& what,
                                const reply& done);
    void take_order(store::fleet_store& in, const operator_request& what, const reply& done);
    void try_in_town(const operator_request& what, const reply& done);
    void ask_town(store::fleet_store& in, const operator_request& what, const reply& done);
    void ask_daemon(store::fleet_store& in, const operator_request& what, const reply& done);
    [[nodiscard]] reply settling(const operator_request& what, std::int64_t id, const reply& done);
    void take_batch(store::fleet_store& in, const operator_request& what, const reply& done);
    [[nodiscard]] result<std::int64_t> write_asked(store::fleet_store& in,
                                                   const operator_request& what);
    // Any thread: writes what came of a request to towns, then replies.
    void settle(const operator_request& what, std::int64_t id, result<operator_answer> came,
                const reply& done);

    [[nodiscard]] std::optional<failure> refused(const operator_request& what) const;
    void put_in_force(override_list next);
    void wake_concerned(const override_order& order);
    void tell(const operator_request& what);

    fleet& towns_;
    environment& env_;
    fleet_records& records_;
    std::function<void(const town_id&)> wake_;
    std::set<std::string> under_way_;  // Idempotency keys. Of the records' thread.
    bool loaded_ = false;
};

}  // namespace townd::engine
