#include "ctl/interrupt.hpp"

#include <poll.h>

#include <csignal>

namespace townd::ctl {
namespace {

volatile std::sig_atomic_t noted = 0;

void note(int number) {
    if (noted != 0) {
        std::signal(number, SIG_DFL);
        std::raise(number);
    }
    noted = 1;
}

}  // namespace

void note_interrupts() {
    struct sigaction how {};
    how.sa_handler = note;  // Without SA_RESTART: a read that waits must come back.
    ::sigaction(SIGINT, &how, nullptr);
    ::sigaction(SIGTERM, &how, nullptr);
}

bool interrupted() noexcept {
    return noted != 0;
}

void pause_for(duration span) {
    if (!interrupted()) ::poll(nullptr, 0, static_cast<int>(span.count()));
}

}  // namespace townd::ctl
