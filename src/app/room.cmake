execute_process(COMMAND git -C ${PROJECT_SOURCE_DIR} rev-parse --short=12 HEAD
    OUTPUT_VARIABLE TOWND_REVISION OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
if(NOT TOWND_REVISION)
    set(TOWND_REVISION unknown)
endif()
set_source_files_properties(app/version.cpp PROPERTIES COMPILE_DEFINITIONS
    "TOWND_VERSION=\"${PROJECT_VERSION}\";TOWND_REVISION=\"${TOWND_REVISION}\"")

townd_room(app BATCHED
    SOURCES app/version.cpp app/secrets.cpp app/gauges.cpp app/daemon.cpp app/engine_settings.cpp app/serve.cpp
            app/user_names.cpp app/config_commands.cpp app/config_environment.cpp app/manual.cpp
            app/http_json.cpp app/live_config.cpp app/stand_in.cpp app/demo.cpp app/demo_story.cpp
            app/background.cpp app/log_view.cpp app/simulate.cpp app/town_copies.cpp app/adopt.cpp app/complaint.cpp
    NEEDS words json store http container config sys engine api debug ctl standin scenario LIBS CLI11::CLI11)

add_executable(townd app/main.cpp)
target_link_libraries(townd PRIVATE townd_app townd_options CLI11::CLI11)
set_target_properties(townd PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR})
# One program under two names.
add_custom_command(TARGET townd POST_BUILD
    COMMAND ${CMAKE_COMMAND} -E create_symlink townd ${PROJECT_BINARY_DIR}/townctl)
