#pragma once
// The record of what the stand-in did, for an oracle that outlives it: a line is with the kernel
// before the event that it tells of takes effect, so that a killed process leaves none out.

#include <optional>
#include <string>
#include <string_view>

#include "standin/start_request.hpp"
#include "townd/words/result.hpp"
#include "townd/words/time.hpp"

namespace townd::standin {

/// Not synchronised: its owner's lock is held.
class start_log {
public:
    start_log() = default;
    ~start_log();
    start_log(const start_log&) = delete;
    start_log& operator=(const start_log&) = delete;

    /// Opens for appending; an empty path makes every write a success without effect.
    [[nodiscard]] result<void> open(const std::string& path);
    /// One line, whole, or a failure of kind `storage`.
    result<void> write(instant at, std::string_view event, const start_request& what,
                       std::string_view reason = {});

private:
    int file_ = -1;
    std::string path_;
};

}  // namespace townd::standin
