townd_test(words_test
    SOURCES words/time_test.cpp words/text_test.cpp words/error_test.cpp words/town_test.cpp
    NEEDS words)
townd_test(tidy_test SOURCES tidy_test.cpp NEEDS words)
target_compile_definitions(tidy_test PRIVATE TOWND_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
