#pragma once
// The commands that go on until they are interrupted: what happens, as it happens.

#include <string>

#include "ctl/reads.hpp"

namespace townd::ctl {

/// What is shown of events.
struct events_wanted {
    std::string town;
    std::string type;
    std::string severity;
    int limit = 100;
    bool follow = false;  ///< Goes on with new ones; a lost connection is taken up again.
};
int events(session& of, const events_wanted& what);

struct logs_wanted {
    std::string level;
    std::string town;
    int limit = 100;
    bool follow = false;
};
int logs(session& of, const logs_wanted& what);

/// `status`, drawn again every `interval` (as 2s), on the whole screen of a terminal.
int watch(session& of, const std::string& interval);

/// Cuts a stream of server-sent events into its events.
class event_reader {
public:
    struct event {
        std::string id;
        std::string type;
        std::string data;
    };
    /// Calls `take` for each that is complete; false ends.
    [[nodiscard]] bool add(std::string_view part, const std::function<bool(const event&)>& take);

private:
    [[nodiscard]] bool line(std::string_view text, const std::function<bool(const event&)>& take);

    std::string rest_;
    event next_;
};

}  // namespace townd::ctl
