townd_room(town BATCHED
    SOURCES town/context.cpp town/outcomes.cpp town/callbacks.cpp town/reviews.cpp town/events.cpp town/apply.cpp town/standing.cpp town/charging.cpp
            town/start_request.cpp town/mail.cpp town/concerns.cpp town/landing.cpp town/drain.cpp
            town/upkeep.cpp town/pull_requests.cpp town/beads.cpp town/agents.cpp town/retries.cpp
            town/convoys.cpp town/convoy_order.cpp town/molecules.cpp town/inbox.cpp
            town/sessions.cpp town/rework.cpp town/triage.cpp town/prompts.cpp
    NEEDS words decide json store container)
