townd_room(decide BATCHED
    SOURCES decide/backoff.cpp decide/breaker.cpp decide/breaker_set.cpp decide/breaker_orders.cpp decide/names.cpp
            decide/town_state.cpp decide/gate.cpp decide/gate_reasons.cpp decide/gate_state.cpp decide/gate_limits.cpp decide/agent_rules.cpp decide/bead_rules.cpp
            decide/slow_start.cpp decide/hour_budget.cpp decide/review_rules.cpp decide/mayor_rules.cpp decide/progress_rules.cpp
            decide/convoy_rules.cpp decide/triage_rules.cpp decide/escalation_rules.cpp decide/container_rules.cpp decide/upkeep_rules.cpp decide/invariants.cpp decide/reconcile.cpp
            decide/evidence.cpp decide/places.cpp decide/blame.cpp decide/retry_budget.cpp decide/retry_desk.cpp decide/retry_leases.cpp decide/outages.cpp
    NEEDS words)
