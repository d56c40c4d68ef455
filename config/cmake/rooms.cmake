# townd_room(name SOURCES ... NEEDS ... [LIBS ...]): one room of a floor, as a static library.
# NEEDS names rooms of the floors below, and only those; LIBS are outside libraries.
function(townd_room name)
    cmake_parse_arguments(arg "" "" "SOURCES;NEEDS;LIBS" ${ARGN})
    add_library(townd_${name} STATIC ${arg_SOURCES})
    target_include_directories(townd_${name} PUBLIC
        ${PROJECT_SOURCE_DIR}/include ${PROJECT_SOURCE_DIR}/src)
    list(TRANSFORM arg_NEEDS PREPEND townd_)
    target_link_libraries(townd_${name} PUBLIC ${arg_NEEDS} ${arg_LIBS} PRIVATE townd_options)
endfunction()

# townd_test(name SOURCES ... NEEDS ...): one test program; its cases become CTest tests.
function(townd_test name)
    cmake_parse_arguments(arg "" "" "SOURCES;NEEDS;LABELS" ${ARGN})
    add_executable(${name} ${arg_SOURCES})
    list(TRANSFORM arg_NEEDS PREPEND townd_)
    target_link_libraries(${name} PRIVATE ${arg_NEEDS} townd_options GTest::gtest_main)
    target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/tests)
    # What is tested is optimised; the tests themselves only cost build time.
    target_compile_options(${name} PRIVATE $<$<CONFIG:RelWithDebInfo>:-O0>)
    gtest_discover_tests(${name} DISCOVERY_TIMEOUT 60
        PROPERTIES TIMEOUT 300 LABELS "${arg_LABELS}")
endfunction()
