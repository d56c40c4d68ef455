// townd_bench: all measurements, and the goals that they serve.

#include "bench/report.hpp"

int main(int argc, char** argv) {
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
    townd::bench::remembering_reporter reporter;
    benchmark::RunSpecifiedBenchmarks(&reporter);
    townd::bench::print_goals(reporter);
    benchmark::Shutdown();
    return 0;
}
