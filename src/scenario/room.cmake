# The shipped scenarios, as texts in the program.
file(GLOB townd_scenario_files CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/config/scenarios/*.yaml)
set(TOWND_SHIPPED_SCENARIOS "")
foreach(file IN LISTS townd_scenario_files)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
    get_filename_component(name ${file} NAME_WE)
    file(READ ${file} text)
    if(name STREQUAL family)  # Not a scenario: many are drawn from it.
        set(TOWND_SHIPPED_FAMILY "R\"yaml(${text})yaml\"")
        continue()
    endif()
    string(APPEND TOWND_SHIPPED_SCENARIOS "{\"${name}\", R\"yaml(${text})yaml\"},\n")
endforeach()
configure_file(${CMAKE_CURRENT_SOURCE_DIR}/scenario/shipped.cpp.in ${CMAKE_CURRENT_BINARY_DIR}/scenario/shipped.cpp @ONLY)

townd_room(scenario
    SOURCES scenario/collector.cpp scenario/fields.cpp scenario/figures.cpp scenario/json.cpp
            scenario/letters.cpp
            scenario/overrides.cpp scenario/picture.cpp scenario/read.cpp
            scenario/record.cpp scenario/run.cpp scenario/table.cpp
            scenario/troubles.cpp scenario/family.cpp scenario/read_family.cpp scenario/world_of.cpp
            ${CMAKE_CURRENT_BINARY_DIR}/scenario/shipped.cpp
    NEEDS words json config town sim)
