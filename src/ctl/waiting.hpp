#pragma once
// Waiting until something is so.

#include <cstdint>
#include <functional>
#include <string>

#include "ctl/orders.hpp"

namespace townd::ctl {

/// What `wait --for` knows.
enum class condition : std::uint8_t { dispatching, drained, breaker_closed };

/// `exit_timed_out` with what was last seen when `timeout` (as 5m) is over first.
int wait_for(session& of, const std::string& town, condition what, const std::string& timeout);
/// Until the order of that verb has its effect: nothing starts (pause), nothing runs (drain), it
/// is gone (resume, undrain).
int wait_for_order(session& of, const std::string& verb, const order_target& to,
                   const patience& until);

/// Asks every half second. `holds` says whether it is so, and puts what it saw into the text.
int wait_until(session& of, const std::string& timeout, const std::string& what,
               const std::function<outcome<bool>(std::string& seen)>& holds);

}  // namespace townd::ctl
