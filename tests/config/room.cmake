townd_test(config_test
    SOURCES config/bad_samples_test.cpp config/config_test.cpp config/duration_test.cpp
    NEEDS config)
target_compile_definitions(config_test PRIVATE TOWND_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
