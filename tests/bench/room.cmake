# Measurements, not tests: built with the rest, run by hand.
find_package(benchmark REQUIRED)
add_executable(townd_bench
    bench/main.cpp bench/report.cpp bench/allocations.cpp bench/bench_town.cpp bench/wire_fleet.cpp
    bench/loopback.cpp bench/decide_bench.cpp bench/tick_bench.cpp bench/store_bench.cpp
    bench/wire_bench.cpp bench/hang_bench.cpp bench/debug_load_bench.cpp
    bench/pages_bench.cpp debug/fake_fleet.cpp bench/mixed_container.cpp)
target_link_libraries(townd_bench PRIVATE
    townd_api townd_debug townd_http townd_engine townd_container townd_store townd_sys townd_boost
    townd_options benchmark::benchmark)
target_include_directories(townd_bench PRIVATE ${PROJECT_SOURCE_DIR}/tests)
