townd_test(ctl_test BATCHED
    SOURCES ctl/text_test.cpp ctl/yaml_test.cpp ctl/near_test.cpp ctl/follow_test.cpp
            ctl/generators_test.cpp ctl/command_line_test.cpp
    NEEDS ctl)
target_compile_definitions(ctl_test PRIVATE TOWND_SOURCE_DIR="${PROJECT_SOURCE_DIR}"
    TOWND_VERSION="${PROJECT_VERSION}")
