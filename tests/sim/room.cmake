townd_test(sim_world_test SOURCES sim/world_test.cpp NEEDS sim)
townd_test(sim_planted_test
    SOURCES sim/planted.cpp sim/planted_stores.cpp sim/planted_towns.cpp sim/planted_bugs_test.cpp
    NEEDS sim engine town container)
townd_test(sim_fleet_test
    SOURCES sim/fleet_worlds.cpp sim/fleet_bugs.cpp sim/fleet_bugs_desk.cpp
        sim/fleet_bugs_test.cpp sim/fleet_judge_test.cpp
    NEEDS sim engine town container)
townd_test(sim_swarm_test SOURCES sim/swarm_test.cpp NEEDS sim LABELS swarm)
# Of an inline function that several objects hold, the linker takes the first: the test's.
set_source_files_properties(sim/swarm_test.cpp PROPERTIES COMPILE_OPTIONS "-O2")
set_source_files_properties(sim/planted.cpp sim/planted_bugs_test.cpp sim/planted_towns.cpp
    sim/planted_stores.cpp PROPERTIES COMPILE_OPTIONS "-O2")
