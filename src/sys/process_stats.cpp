#include "sys/process_stats.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <sstream>
#include <string>
#include <vector>

#include "sys/file.hpp"
#include "sys/system_clock.hpp"

namespace townd::sys {
namespace {

constexpr std::size_t stat_bytes_max = 64 * 1024;

// The fields of /proc/self/stat after the command's name, which may hold blanks and brackets: the
// first is field 3 of proc(5).
std::vector<std::string> stat_fields() {
    const auto text = read_text_file("/proc/self/stat", stat_bytes_max);
    if (!text) return {};
    const std::size_t end = text->rfind(')');
    if (end == std::string::npos) return {};
    std::istringstream in{text->substr(end + 1)};
    std::vector<std::string> out;
    for (std::string word; in >> word;)
        out.push_back(word);
    return out;
}

double number(const std::string& text) noexcept {
    return std::strtod(text.c_str(), nullptr);
}

double count_open_files() {
    std::error_code error;
    double count = 0;
    for (std::filesystem::directory_iterator it{"/proc/self/fd", error}, end; !error && it != end;
         it.increment(error))
        ++count;
    return count > 0 ? count - 1 : 0;  // One is the listing's own.
}

}  // namespace

std::optional<process_stats> read_process_stats() {
    const std::vector<std::string> fields = stat_fields();
    if (fields.size() < 22) return std::nullopt;
    const auto ticks = static_cast<double>(::sysconf(_SC_CLK_TCK));
    process_stats out;
    out.cpu_seconds = (number(fields[11]) + number(fields[12])) / ticks;
    out.threads = number(fields[17]);
    static const double boot = boot_seconds();  // Once, so that the start does not move.
    out.started_at_seconds = boot + number(fields[19]) / ticks;
    out.virtual_bytes = number(fields[20]);
    out.resident_bytes = number(fields[21]) * static_cast<double>(::sysconf(_SC_PAGESIZE));
    out.open_files = count_open_files();
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) == 0)
        out.file_limit = static_cast<double>(limit.rlim_cur);
    return out;
}

}  // namespace townd::sys
