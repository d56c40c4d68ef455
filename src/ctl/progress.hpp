#pragma once
// A sign of life on standard error while something takes its time.

#include <string>

#include "sys/system_clock.hpp"

namespace townd::ctl {

/// Says nothing for two seconds. Then, on a terminal, one line that is written again and again;
/// elsewhere a line every half minute.
class progress {
public:
    progress();
    ~progress();
    progress(const progress&) = delete;
    progress& operator=(const progress&) = delete;

    void tell(const std::string& what);
    [[nodiscard]] duration since_begin() const;

private:
    sys::system_clock clock_;
    instant began_;
    instant told_;
    bool terminal_;
    bool on_line_ = false;
};

}  // namespace townd::ctl
