# A room or test program marked BATCHED is compiled several files at a time: what its files include is
# read once a batch, which halves the time. Its files then share their unnamed namespace. The
# sanitizers' presets compile every file by itself, so that one that includes too little is found.
option(TOWND_BATCHES "Compile several files of a room at a time" OFF)
function(townd_batch target)
    if(TOWND_BATCHES)
        set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 5)
    endif()
endfunction()

# townd_room(name [BATCHED] SOURCES ... NEEDS ... [LIBS ...]): one room of a floor, as a static
# library. NEEDS names rooms of the floors below, and only those; LIBS are outside libraries.
function(townd_room name)
    cmake_parse_arguments(arg "BATCHED" "" "SOURCES;NEEDS;LIBS" ${ARGN})
    add_library(townd_${name} STATIC ${arg_SOURCES})
    target_include_directories(townd_${name} PUBLIC
        ${PROJECT_SOURCE_DIR}/include ${PROJECT_SOURCE_DIR}/src)
    list(TRANSFORM arg_NEEDS PREPEND townd_)
    target_link_libraries(townd_${name} PUBLIC ${arg_NEEDS} ${arg_LIBS} PRIVATE townd_options)
    if(arg_BATCHED)
        townd_batch(townd_${name})
    endif()
endfunction()

# townd_test(name [BATCHED] SOURCES ... NEEDS ...): one test program; its cases become CTest tests.
function(townd_test name)
    cmake_parse_arguments(arg "BATCHED" "" "SOURCES;NEEDS;LABELS" ${ARGN})
    add_executable(${name} ${arg_SOURCES})
    if(arg_BATCHED)
        townd_batch(${name})
    endif()
    list(TRANSFORM arg_NEEDS PREPEND townd_)
    target_link_libraries(${name} PRIVATE ${arg_NEEDS} townd_options GTest::gtest_main)
    target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/tests)
    # What is tested is optimised; the tests themselves only cost build time.
    target_compile_options(${name} PRIVATE $<$<CONFIG:RelWithDebInfo>:-O0>)
    gtest_discover_tests(${name} DISCOVERY_TIMEOUT 60
        PROPERTIES TIMEOUT 300 LABELS "${arg_LABELS}")
endfunction()
