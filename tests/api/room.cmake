townd_test(api_test BATCHED
    SOURCES api/world.cpp api/auth_test.cpp api/towns_test.cpp api/beads_test.cpp
            api/agents_test.cpp api/reports_test.cpp api/convoys_test.cpp
            api/decisions_test.cpp api/inbox_test.cpp
            api/routes.cpp api/routes_test.cpp api/routes_towns.cpp api/routes_beads.cpp
            api/routes_decisions.cpp api/routes_agents.cpp api/routes_reports.cpp
            api/routes_mayor.cpp
    NEEDS api)
target_compile_definitions(api_test PRIVATE TOWND_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
