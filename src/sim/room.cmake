townd_room(sim BATCHED
    SOURCES sim/faults.cpp sim/answers.cpp sim/agents.cpp sim/agent_words.cpp sim/containers.cpp
        sim/container_life.cpp sim/container_drain.cpp sim/forge.cpp sim/forwarding_store.cpp sim/watched_store.cpp sim/disk.cpp
        sim/journal.cpp sim/coordinator.cpp sim/daemon.cpp sim/daemon_troubles.cpp sim/oracle.cpp sim/oracle_rows.cpp
        sim/people.cpp sim/town_judge.cpp sim/town_rows.cpp sim/swarm.cpp sim/world.cpp
        sim/texts.cpp
        sim/fleet_bounds.cpp sim/fleet_facts.cpp sim/fleet_judge.cpp sim/fleet_judge_load.cpp
        sim/fleet_judge_places.cpp sim/fleet_judge_repairs.cpp sim/fleet_judge_rows.cpp
        sim/fleet_judge_outages.cpp
    NEEDS words decide json store model container town engine)
