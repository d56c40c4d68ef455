townd_test(config_test
    SOURCES config/bad_samples_test.cpp config/config_test.cpp config/duration_test.cpp
            config/generated_test.cpp config/schema_test.cpp config/sources_test.cpp
    NEEDS config json)
target_compile_definitions(config_test PRIVATE TOWND_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
