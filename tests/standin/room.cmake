townd_test(standin_test BATCHED
    SOURCES
        standin/town.cpp standin/exchange_test.cpp standin/behaviour_test.cpp
        standin/port_test.cpp standin/agent_test.cpp standin/container_life_test.cpp
    NEEDS standin)
