townd_room(engine
    SOURCES engine/slots.cpp engine/dispatcher.cpp engine/breaker_rows.cpp engine/town_actor.cpp
            engine/publishing.cpp
            engine/summary.cpp engine/explain.cpp engine/town_threads.cpp engine/town_fleet.cpp
    NEEDS words decide json store container town LIBS Threads::Threads)
