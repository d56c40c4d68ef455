#include "ctl/progress.hpp"

#include <unistd.h>

#include <cstdio>

namespace townd::ctl {
namespace {

constexpr duration quiet_at_first{2'000};
constexpr duration between_lines{30'000};

}  // namespace

progress::progress()
    : began_(clock_.now()), told_(began_), terminal_(::isatty(STDERR_FILENO) == 1) {}

progress::~progress() {
    if (on_line_) std::fputs("\r\x1b[K", stderr);
}

duration progress::since_begin() const {
    return clock_.now() - began_;
}

void progress::tell(const std::string& what) {
    const instant now = clock_.now();
    if (now - began_ < quiet_at_first) return;
    const std::string line = what + " (" + to_words(now - began_) + ")";
    if (terminal_) {
        std::fprintf(stderr, "\r%s\x1b[K", line.c_str());
        on_line_ = true;
        return;
    }
    const bool first = told_ == began_;
    if (!first && now - told_ < between_lines) return;
    told_ = now;
    std::fprintf(stderr, "%s\n", line.c_str());
}

}  // namespace townd::ctl
