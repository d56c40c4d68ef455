townd_room(standin BATCHED
    SOURCES
        standin/behaviour.cpp standin/exchange.cpp standin/start_request.cpp standin/start_log.cpp
        standin/agent_life.cpp standin/agent_calls.cpp standin/town_call.cpp
        standin/replacement.cpp standin/control.cpp
        standin/front_door.cpp standin/http_sessions.cpp standin/container.cpp
    NEEDS words json boost)
