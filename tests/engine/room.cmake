townd_test(engine_test BATCHED
    SOURCES engine/actor_rig.cpp engine/scripted_ports.cpp engine/start_failures_test.cpp
        engine/session_failures_test.cpp engine/breaker_and_data_test.cpp engine/loop_test.cpp
        engine/fleet_test.cpp engine/chronicle_test.cpp engine/operator_desk_test.cpp engine/flow_test.cpp
        engine/rows_start_test.cpp engine/rows_session_test.cpp
        engine/rows_breaker_test.cpp engine/rows_traps_test.cpp engine/rows_rules_test.cpp engine/rows_loops_test.cpp engine/drain_test.cpp engine/upkeep_test.cpp
        engine/rows_fleet_test.cpp engine/rows_permit_test.cpp engine/verdict_test.cpp
    NEEDS engine town store decide container json words)
