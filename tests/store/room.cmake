townd_test(store_test BATCHED
    SOURCES store/opening_test.cpp store/original_test.cpp store/round_trip_test.cpp
        store/dispatch_round_trip_test.cpp store/transaction_test.cpp store/live_test.cpp store/events_test.cpp store/bounds_test.cpp
        store/data_dir_test.cpp store/fleet_store_test.cpp store/town_copy_test.cpp
        store/pruning_test.cpp store/adoption_test.cpp store/adoption_oddities_test.cpp
    NEEDS store)
