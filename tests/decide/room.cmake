# Each has names of its own that the others use for something else.
set_source_files_properties(decide/progress_rules_test.cpp decide/random_town_test.cpp decide/evidence_test.cpp PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
townd_test(decide_test BATCHED
    SOURCES decide/backoff_test.cpp decide/breaker_test.cpp decide/breaker_saved_test.cpp
            decide/breaker_walk_test.cpp decide/breaker_set_test.cpp
            decide/names_test.cpp decide/gate_test.cpp decide/limits_test.cpp
            decide/agent_rules_test.cpp decide/bead_rules_test.cpp decide/review_rules_test.cpp
            decide/random_town_test.cpp decide/pace_test.cpp
            decide/progress_rules_test.cpp decide/convoy_rules_test.cpp
            decide/concern_rules_test.cpp decide/pull_request_rules_test.cpp decide/container_rules_test.cpp
            decide/evidence_test.cpp
            decide/standing_test.cpp decide/retry_budget_test.cpp decide/retry_desk_test.cpp decide/places_test.cpp decide/blame_test.cpp
            decide/retry_fleet_test.cpp decide/outages_test.cpp decide/retry_rules_test.cpp
    NEEDS decide)
