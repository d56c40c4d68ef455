# The pages and JSON for operators, and their orders.
# What pages load, as texts in the program.
file(GLOB townd_assets CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/debug/assets/*)
set(TOWND_ASSETS "")
foreach(file IN LISTS townd_assets)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
    get_filename_component(name ${file} NAME)
    file(READ ${file} text)
    string(APPEND TOWND_ASSETS "{\"${name}\", R\"asset(${text})asset\"},\n")
endforeach()
configure_file(${CMAKE_CURRENT_SOURCE_DIR}/debug/shipped_assets.cpp.in
               ${CMAKE_CURRENT_BINARY_DIR}/debug/shipped_assets.cpp @ONLY)

townd_room(debug BATCHED
    SOURCES
        debug/routes.cpp debug/route_book.cpp debug/route_table.cpp debug/parameters.cpp
        debug/route_entries_reads.cpp debug/route_entries_writes.cpp debug/openapi.cpp
        debug/town_list.cpp debug/fleet_details.cpp debug/causes.cpp debug/summary.cpp debug/doctor.cpp debug/bundle.cpp debug/archive.cpp
        debug/redaction.cpp debug/service_routes.cpp
        debug/town_routes.cpp debug/replies.cpp debug/health.cpp
        debug/records.cpp debug/overview.cpp debug/fleet_lists.cpp
        debug/event_list.cpp debug/event_stream.cpp
        debug/town_reads.cpp debug/town_events.cpp debug/explain.cpp debug/original.cpp
        debug/html.cpp debug/parts.cpp debug/frame.cpp debug/listing.cpp debug/graphics.cpp
        debug/recent.cpp debug/assets.cpp ${CMAKE_CURRENT_BINARY_DIR}/debug/shipped_assets.cpp
        debug/now_page.cpp debug/now_text.cpp debug/verdict_block.cpp debug/town_map.cpp
        debug/towns_page.cpp debug/breakers_page.cpp debug/errors_page.cpp
        debug/outages_page.cpp debug/events_page.cpp debug/config_page.cpp
        debug/page_routes.cpp
        debug/town_page.cpp debug/bead_page.cpp
        debug/front_gate.cpp debug/read_slots.cpp
        debug/operator_gate.cpp debug/operator_body.cpp debug/operator_routes.cpp debug/orders_block.cpp
    NEEDS words decide json store container town engine http config LIBS PkgConfig::zstd)
