townd_room(api BATCHED
    SOURCES api/api.cpp api/call.cpp api/auth.cpp api/fields.cpp api/encode.cpp
            api/towns.cpp api/rigs.cpp api/config_keys.cpp api/town_config.cpp
            api/beads.cpp api/bead_events.cpp api/escalations.cpp api/reviews.cpp
            api/agents.cpp api/callbacks.cpp api/agent_notes.cpp api/container_life.cpp
            api/convoys.cpp api/convoy_body.cpp api/triage.cpp api/mail.cpp api/molecules.cpp
            api/town_events.cpp api/mayor_tools.cpp
    NEEDS words decide json store container town http)
