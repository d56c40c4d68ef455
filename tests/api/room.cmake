townd_test(api_test
    SOURCES api/world.cpp api/auth_test.cpp api/towns_test.cpp api/beads_test.cpp
            api/agents_test.cpp api/reports_test.cpp
    NEEDS api)
