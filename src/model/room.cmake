# Towns without a disk. Needs the store for its interface and for what any store keeps of a value.
townd_room(model BATCHED
    SOURCES model/rows.cpp model/kept.cpp model/file.cpp model/transaction.cpp model/town.cpp
        model/beads.cpp model/history.cpp model/agents.cpp model/reviews.cpp model/events.cpp
        model/dispatches.cpp model/live.cpp model/pruning.cpp
    NEEDS store json words)
