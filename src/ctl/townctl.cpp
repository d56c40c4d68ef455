#include "ctl/townctl.hpp"

#include "ctl/command_line.hpp"
#include "townd/words/exit_codes.hpp"

namespace townd::ctl {

int townctl(int argc, char** argv, const std::string& version) {
    command_line line(version);
    try {
        line.app().parse(argc, argv);
    } catch (const CLI::ParseError& e) {
        // CLI11's own exit codes are 100 and more; scripts expect sysexits.
        if (e.get_exit_code() == 0) {
            line.app().exit(e);
            return exit_ok;
        }
        const std::vector<std::string> words(argv + 1, argv + argc);
        complain(line.objection(words, clean_text(e.what(), 500)), exit_usage);
        std::fputs("townctl --help, or the command with --help, tells more.\n", stderr);
        return exit_usage;
    }
    line.settle();
    session of(line.given());
    const auto* act = line.chosen();
    return act == nullptr ? exit_usage : (*act)(of);
}

}  // namespace townd::ctl
