# What operators are given beside the program: metrics, alerts, dashboard, catalog, runbooks.
townd_test(observe_test BATCHED
    SOURCES observe/house.cpp observe/alerts_test.cpp observe/dashboard_test.cpp
            observe/pages_test.cpp observe/scrape_test.cpp observe/storm_test.cpp
            process/daemon_process.cpp process/http_client.cpp process/standin_thread.cpp
    NEEDS json words http container standin config sys scenario)
target_compile_definitions(observe_test PRIVATE
    TOWND_BINARY="$<TARGET_FILE:townd>" TOWND_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
add_dependencies(observe_test townd)
