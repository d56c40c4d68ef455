# SQLite is named in this room only.
townd_room(store BATCHED
    SOURCES store/data_dir.cpp store/connection.cpp store/schema.cpp store/opening.cpp
        store/kept.cpp store/rows.cpp store/town.cpp store/beads.cpp store/agents.cpp store/reviews.cpp
        store/convoys.cpp store/events.cpp store/dispatches.cpp store/failures.cpp store/live.cpp store/pruning.cpp
        store/fleet_file.cpp store/fleet_events.cpp store/fleet_store.cpp
        store/town_copy.cpp store/new_file.cpp
        store/adoption.cpp store/adoption_copy.cpp store/adoption_functions.cpp
        store/adoption_tables.cpp store/adoption_times.cpp store/adoption_words.cpp
        store/adoption_texts.cpp store/adoption_agents.cpp store/adoption_hooks.cpp
        store/adoption_rest.cpp store/adoption_config.cpp store/structured_clone.cpp
    NEEDS json words
    LIBS SQLiteCpp SQLite::SQLite3)
