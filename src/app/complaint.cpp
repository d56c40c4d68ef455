#include "app/complaint.hpp"

#include <cstdio>

#include "app/exit_codes.hpp"

namespace townd::app {

int complain(const failure& why) {
    std::fprintf(stderr, "townd: %s\n", why.what.c_str());
    switch (why.kind) {
        case errc::locked:
            return exit_locked;
        case errc::not_found:
            return exit_not_found;
        case errc::conflict:
            return exit_precondition;
        case errc::invalid:
            return exit_usage;
        default:
            return exit_failed;
    }
}

}  // namespace townd::app
