# SQLite is named in this room only.
townd_room(store
    SOURCES store/data_dir.cpp store/connection.cpp store/schema.cpp store/opening.cpp
        store/kept.cpp store/rows.cpp store/town.cpp store/beads.cpp store/agents.cpp store/reviews.cpp
        store/convoys.cpp store/events.cpp store/dispatches.cpp store/failures.cpp store/live.cpp
        store/fleet_file.cpp store/fleet_events.cpp store/fleet_store.cpp
        store/town_copy.cpp
    NEEDS json words
    LIBS SQLiteCpp SQLite::SQLite3)
