// townd simulate: a fleet, an outage and a policy in virtual time.

#include <cstdio>
#include <ctime>
#include <fstream>
#include <iterator>

#include "app/commands.hpp"
#include "app/exit_codes.hpp"
#include "scenario/family.hpp"
#include "scenario/figures.hpp"

namespace townd::app {
namespace {

constexpr std::size_t file_bytes_max = 1024 * 1024;

struct source {
    std::string name;
    std::string text;
};

std::string shipped_names() {
    std::string out;
    for (const auto& each : scenario::shipped())
        out += (out.empty() ? "" : ", ") + std::string{each.name};
    return out;
}

// A small text file.
std::optional<source> read_file(const std::string& named) {
    std::error_code error;
    std::ifstream in{named, std::ios::binary};
    source out{named, {}};
    if (std::filesystem::file_size(named, error) <= file_bytes_max)
        out.text.assign(std::istreambuf_iterator<char>{in}, {});
    if (!in || out.text.empty()) {
        std::fprintf(stderr,
                     "townd: %s: cannot be read, is empty or larger than 1 MiB (check the file)\n",
                     named.c_str());
        return std::nullopt;
    }
    return out;
}

// A file, or the bare name of a scenario in the program.
std::optional<source> find_scenario(const std::string& named) {
    for (const auto& each : scenario::shipped())
        if (each.name == named && !std::filesystem::is_regular_file(named))
            return source{std::string{each.name} + ".yaml", std::string{each.yaml}};
    std::error_code error;
    if (!std::filesystem::is_regular_file(named, error)) {
        std::fprintf(stderr, "townd: %s: no such file, and no scenario of that name (known: %s)\n",
                     named.c_str(), shipped_names().c_str());
        return std::nullopt;
    }
    return read_file(named);
}

bool write_file(const std::string& name, const std::string& text) {
    if (name.empty()) return true;
    if (name == "-") return std::fwrite(text.data(), 1, text.size(), stdout) == text.size();
    std::ofstream out{name, std::ios::binary | std::ios::trunc};
    out << text;
    out.close();
    if (out) return true;
    std::fprintf(stderr, "townd: %s: cannot be written (check the directory and the disk)\n",
                 name.c_str());
    return false;
}

int list_figures() {
    for (const auto& each : scenario::figure_table())
        std::printf("%-36.*s%.*s\n", static_cast<int>(each.name.size()), each.name.data(),
                    static_cast<int>(each.words.size()), each.words.data());
    return exit_ok;
}

int list_scenarios() {
    for (const auto& each : scenario::shipped()) {
        const auto read = scenario::read_text(each.yaml, each.name);
        std::printf("%-18.*s%s\n", static_cast<int>(each.name.size()), each.name.data(),
                    read.value.about.c_str());
    }
    return exit_ok;
}

// Draws incidents and tells the worst of each figure with the seed that replays it.
int simulate_family(const simulate_options& options) {
    std::error_code error;
    const bool shipped =
        options.family == "family" && !std::filesystem::is_regular_file(options.family, error);
    const auto from =
        shipped ? std::optional{source{"family.yaml", std::string{scenario::shipped_family()}}}
                : read_file(options.family);
    if (!from) return exit_usage;
    const auto read = scenario::read_family(from->text, from->name);
    for (const auto& problem : read.problems)
        std::fprintf(stderr, "%s\n", problem.text().c_str());
    if (!read.problems.empty()) return exit_config;
    if (options.print) {
        std::fputs(from->text.c_str(), stdout);
        return exit_ok;
    }
    const std::uint64_t first = options.seed.value_or(1);
    const std::clock_t began = std::clock();
    int broken = 0;
    int missed = 0;
    const auto each = [&](const scenario::report& done) {
        if (options.count == 1)
            std::printf("%s%s\n", scenario::described(done.what).c_str(),
                        scenario::table_of(done).c_str());
        if (const auto& b = done.came.run.broken) {
            ++broken;
            std::printf("seed %llu: %s in %s: %s\n",
                        static_cast<unsigned long long>(done.what.seed), b->invariant.c_str(),
                        b->town.c_str(), b->sentence.c_str());
        }
    };
    for (const auto& w : scenario::worst_of(read.value, first, options.count, each)) {
        if (w.limit) missed += w.missed;
        if (w.limit)
            std::printf("%-8s%-28s%12s of %-8s seed %-8llu%d missed it. %s\n",
                        w.missed > 0 ? "MISSED" : "ok", w.name.c_str(),
                        scenario::figure_text(w.value).c_str(),
                        scenario::figure_text(w.limit).c_str(),
                        static_cast<unsigned long long>(w.seed), w.missed, w.words.c_str());
        else if (w.value < 0.0)
            std::printf("%-36snone\n", w.name.c_str());
        else
            std::printf("%-36s%12s  seed %-8llu%s\n", w.name.c_str(),
                        scenario::figure_text(w.value).c_str(),
                        static_cast<unsigned long long>(w.seed), w.words.c_str());
    }
    std::fprintf(stderr, "%.1f s of CPU\n",
                 static_cast<double>(std::clock() - began) / CLOCKS_PER_SEC);
    return broken + missed == 0 ? exit_ok : exit_failed;
}

}  // namespace

int simulate(const simulate_options& options) {
    if (options.figures) return list_figures();
    if (options.list) return list_scenarios();
    if (!options.family.empty()) return simulate_family(options);
    if (options.scenario.empty()) {
        std::fprintf(stderr, "townd: which scenario? (a file, or one of: %s)\n",
                     shipped_names().c_str());
        return exit_usage;
    }
    const auto from = find_scenario(options.scenario);
    if (!from) return exit_usage;
    auto sets = options.sets;
    if (options.seed) sets.push_back("seed=" + std::to_string(*options.seed));
    auto read = scenario::read_text(from->text, from->name, sets);
    for (const auto& problem : read.problems)
        std::fprintf(stderr, "%s\n", problem.text().c_str());
    for (const auto& warning : read.warnings)
        std::fprintf(stderr, "%s\n", warning.text().c_str());
    if (!read.problems.empty()) return exit_config;
    if (options.print) {
        std::fputs(from->text.c_str(), stdout);
        return exit_ok;
    }
    if (read.value.name.empty())
        read.value.name = std::filesystem::path(from->name).stem().string();
    const std::clock_t began = std::clock();
    const auto report = scenario::simulate(std::move(read.value));
    const double took = static_cast<double>(std::clock() - began) / CLOCKS_PER_SEC;
    if (options.json != "-" && options.svg != "-")
        std::fputs(scenario::table_of(report).c_str(), stdout);
    std::fprintf(stderr, "%.1f s of CPU\n", took);
    if (!write_file(options.json, options.json.empty() ? "" : scenario::json_of(report)))
        return exit_failed;
    if (!write_file(options.svg, options.svg.empty() ? "" : scenario::picture_of(report)))
        return exit_failed;
    return report.reached() ? exit_ok : exit_failed;
}

}  // namespace townd::app
