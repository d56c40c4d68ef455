# The pages and JSON for operators. Reads only.
townd_room(debug
    SOURCES
        debug/routes.cpp debug/town_routes.cpp debug/replies.cpp debug/health.cpp
        debug/records.cpp debug/overview.cpp debug/fleet_lists.cpp
        debug/town_reads.cpp debug/town_events.cpp debug/explain.cpp debug/original.cpp
        debug/html.cpp debug/parts.cpp debug/now_page.cpp debug/now_text.cpp
        debug/town_page.cpp debug/bead_page.cpp
    NEEDS words decide json store town engine http config)
