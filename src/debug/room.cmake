# The pages and JSON for operators, and their orders.
townd_room(debug
    SOURCES
        debug/routes.cpp debug/town_routes.cpp debug/replies.cpp debug/health.cpp
        debug/records.cpp debug/overview.cpp debug/fleet_lists.cpp
        debug/event_list.cpp debug/event_stream.cpp
        debug/town_reads.cpp debug/town_events.cpp debug/explain.cpp debug/original.cpp
        debug/html.cpp debug/parts.cpp debug/now_page.cpp debug/now_text.cpp
        debug/town_page.cpp debug/bead_page.cpp
        debug/operator_gate.cpp debug/operator_body.cpp debug/operator_routes.cpp debug/orders_block.cpp
    NEEDS words decide json store container town engine http config)
