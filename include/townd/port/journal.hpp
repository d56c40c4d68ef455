#pragma once
// What happened, told once: the daemon's implementation writes the log and counts the metrics.

#include <string>
#include <string_view>

#include "townd/decide/retry_desk.hpp"
#include "townd/words/dispatch.hpp"
#include "townd/words/error.hpp"
#include "townd/words/time.hpp"

namespace townd {

class journal_port {
public:
    virtual ~journal_port() = default;
    // All members may be called from any thread, never block for long and never throw.

    /// A start request is about to be sent.
    virtual void attempt_started(const town_id& town, const dispatch& what) = 0;
    /// Its outcome is known (success, failure, neutral, unknown); `took` since the intent.
    virtual void attempt_ended(const town_id& town, const dispatch& what, duration took) = 0;
    /// A start that was started ended badly later, or an unknown was settled as failed.
    virtual void session_failed(const town_id& town, const dispatch& what) = 0;
    virtual void breaker_changed(const town_id& town, std::string_view key, std::string_view scope,
                                 std::string_view role, std::string_view from, std::string_view to,
                                 std::string_view cause) = 0;
    /// An outage of many towns opened, changed its phase or closed.
    virtual void outage_changed(const outage_event& what) = 0;
    /// So many more beads than before are held back by a breaker, an outage or a budget; `reason`
    /// is the gate's word, as `BreakerOpen`.
    virtual void starts_suppressed(const town_id& town, std::string_view role,
                                   std::string_view reason, int count) = 0;
    /// A tick ended. `started`: agents started in it.
    virtual void tick_done(const town_id& town, duration took, int actions, int started) = 0;
    /// A rule's action was applied; `type` from a closed list.
    virtual void action_applied(std::string_view type) = 0;
    /// A town's database failed or was set aside; `op` from a closed list.
    virtual void storage_failed(const town_id& town, std::string_view op, const failure& why) = 0;
    /// Anything else worth a line. `event` is a fixed word, `text` one line.
    virtual void note(const town_id& town, std::string_view event, std::string_view text) = 0;
    virtual void warn(const town_id& town, std::string_view event, std::string_view text) = 0;
};

}  // namespace townd
