// `townd backup` and `townd restore`: a town's file out of the data directory, and back into it.

#include <cstdio>

#include "app/commands.hpp"
#include "app/complaint.hpp"
#include "app/config_commands.hpp"
#include "app/exit_codes.hpp"
#include "config/sources.hpp"
#include "store/town_copy.hpp"
#include "sys/system_clock.hpp"

namespace townd::app {
namespace {

result<store::data_dir> stopped_data_dir(const config::settings& with) {
    std::error_code ignored;
    if (!std::filesystem::is_directory(with.data_dir / "towns", ignored))
        return failure{errc::not_found,
                       with.data_dir.string() + ": no data directory of townd; set data_dir"};
    return store::data_dir::take(with.data_dir);
}

}  // namespace

int copy_town(const config::sources& from, const town_copy_options& what) {
    const auto read = config::load(from);
    print_problems(read.problems);
    if (!read.problems.empty()) return exit_config;
    const auto dir = stopped_data_dir(read.values);
    if (!dir) return complain(dir.error());
    const auto done = what.restores ? store::restore_town(*dir, what.town, what.file, what.replaces,
                                                          sys::system_clock{}.now())
                                    : store::back_up_town(*dir, what.town, what.file);
    if (!done) return complain(done.error());
    std::printf("town %s: %llu bytes, checked, in %s\n", what.town.c_str(),
                static_cast<unsigned long long>(done->bytes),
                what.restores ? dir->town_file(what.town).c_str() : what.file.c_str());
    return exit_ok;
}

}  // namespace townd::app
