townd_room(engine BATCHED
    SOURCES engine/slots.cpp engine/dispatcher.cpp engine/breaker_rows.cpp engine/town_actor.cpp
            engine/publishing.cpp engine/turns.cpp engine/invariant_watch.cpp engine/recovery.cpp engine/coordinator.cpp
            engine/summary.cpp engine/verdict.cpp engine/explain.cpp engine/town_threads.cpp engine/town_fleet.cpp
            engine/fleet_records.cpp engine/operator_words.cpp engine/operator_work.cpp
            engine/operator_desk.cpp engine/operator_batch.cpp
            engine/event_keeper.cpp engine/chronicle.cpp engine/chronicle_events.cpp engine/chronicle_words.cpp engine/chronicle_figures.cpp
    NEEDS words decide json store container sys town LIBS Threads::Threads)
