townd_test(town_test
    SOURCES town/start_words_test.cpp town/triage_test.cpp
    NEEDS town model store decide container json words)
