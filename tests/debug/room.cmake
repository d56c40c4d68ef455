townd_test(debug_test BATCHED
    SOURCES debug/fake_fleet.cpp debug/health_test.cpp debug/fleet_json_test.cpp debug/routes_test.cpp
            debug/town_list_test.cpp debug/causes_test.cpp debug/fleet_details_test.cpp
            debug/service_routes_test.cpp debug/doctor_test.cpp debug/bundle_test.cpp
            debug/town_json_test.cpp debug/pages_test.cpp debug/operator_routes_test.cpp
            debug/event_stream_test.cpp debug/front_gate_test.cpp
    NEEDS debug)
