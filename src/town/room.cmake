townd_room(town
    SOURCES town/context.cpp town/outcomes.cpp town/callbacks.cpp town/events.cpp town/apply.cpp town/standing.cpp town/charging.cpp
            town/start_request.cpp town/beads.cpp town/agents.cpp town/retries.cpp
    NEEDS words decide json store container)
