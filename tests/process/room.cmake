set(process_sources
    process/daemon_process.cpp process/http_client.cpp process/standin_thread.cpp
    process/flow_test.cpp process/crash_test.cpp process/service_test.cpp)
foreach(more pages raw_container behaviours_test isolation_test town_files_test)
    if(EXISTS ${CMAKE_CURRENT_LIST_DIR}/${more}.cpp)
        list(APPEND process_sources process/${more}.cpp)
    endif()
endforeach()
list(APPEND process_sources container/tls_peer.cpp)
townd_test(process_test
    SOURCES ${process_sources}
    NEEDS json words container standin config sys)
target_compile_definitions(process_test PRIVATE TOWND_BINARY="$<TARGET_FILE:townd>")
add_dependencies(process_test townd)
