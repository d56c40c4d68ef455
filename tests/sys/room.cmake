townd_test(sys_test
    SOURCES sys/journal_test.cpp sys/log_test.cpp sys/log_ring_test.cpp sys/metrics_test.cpp sys/storm_test.cpp
            sys/program_runner_test.cpp sys/sys_test.cpp
    NEEDS sys json words)
