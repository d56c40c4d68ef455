set(process_sources
    process/daemon_process.cpp process/http_client.cpp process/standin_thread.cpp
    process/flow_test.cpp process/crash_test.cpp process/service_test.cpp
    process/pages.cpp process/raw_container.cpp container/tls_peer.cpp
    process/behaviours_test.cpp process/answers_test.cpp process/isolation_test.cpp
    process/town_files_test.cpp process/whole_town_test.cpp process/adopt_test.cpp process/operator_test.cpp process/townctl_run.cpp
    process/townctl_test.cpp process/attack_test.cpp
    process/hostile_text_test.cpp process/canary_test.cpp
    process/start_oracle.cpp process/fleet_stage.cpp process/incident_test.cpp
    process/outage_restart_test.cpp process/clock_test.cpp process/config_test.cpp
    process/events_test.cpp process/verdict_test.cpp
    process/whole_town.cpp process/convoy_test.cpp process/drain_test.cpp
    process/mayor_test.cpp process/triage_test.cpp process/watch_test.cpp
    process/convoy_storm_test.cpp process/troubled_fleet.cpp process/fleet_troubles_test.cpp)
# Each has a setting of its own under the same names.
set_source_files_properties(process/isolation_test.cpp process/behaviours_test.cpp
    process/answers_test.cpp process/incident_test.cpp process/verdict_test.cpp
    process/outage_restart_test.cpp process/raw_container.cpp container/tls_peer.cpp
    process/fleet_troubles_test.cpp
    PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
townd_test(process_test BATCHED
    SOURCES ${process_sources}
    NEEDS json words container standin config sys)
target_link_libraries(process_test PRIVATE SQLite::SQLite3)
target_compile_definitions(process_test PRIVATE TOWND_BINARY="$<TARGET_FILE:townd>"
    TOWND_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
add_dependencies(process_test townd)
