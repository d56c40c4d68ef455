townd_test(scenario_test
    SOURCES scenario/figures_test.cpp scenario/read_test.cpp scenario/family_test.cpp
    NEEDS scenario)
townd_test(scenario_shipped_test SOURCES scenario/shipped_test.cpp NEEDS scenario LABELS scenario)
townd_test(scenario_drawn_test SOURCES scenario/drawn_test.cpp NEEDS scenario LABELS scenario)
