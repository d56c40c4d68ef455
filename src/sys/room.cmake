townd_room(sys
    SOURCES sys/event_words.cpp sys/file.cpp sys/ids.cpp sys/journald.cpp sys/journal.cpp sys/limits.cpp sys/log.cpp
            sys/log_record.cpp sys/log_ring.cpp sys/machine.cpp sys/message_ids.cpp
            sys/metric_series.cpp sys/metrics.cpp sys/notify.cpp sys/process_stats.cpp sys/program_runner.cpp
            sys/storm.cpp sys/system_clock.cpp sys/town_series.cpp
    NEEDS words decide json
    LIBS spdlog::spdlog prometheus-cpp::core PkgConfig::systemd Boost::headers)
