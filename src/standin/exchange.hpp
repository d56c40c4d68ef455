#pragma once
// One HTTP exchange as the stand-in sees it: no Beast, no sockets. A reply is bytes, so that it can
// be wrong in any way that is asked for.

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "json/json.hpp"
#include "standin/behaviour.hpp"
#include "townd/words/time.hpp"

namespace townd::standin {

struct request {
    std::string method;
    std::vector<std::string> path;  ///< Segments, percent-decoded; no query.
    std::map<std::string, std::string, std::less<>> headers;  ///< Names in lower case.
    std::string body;

    [[nodiscard]] std::string header(std::string_view lower_case_name) const;
};

enum class ending : std::uint8_t {
    close,  ///< Write the bytes, close.
    reset,  ///< Write nothing, reset.
    hold,   ///< Write nothing, keep the connection until the peer leaves.
};

struct reply {
    std::string bytes;
    ending end = ending::close;
    duration after{0};  ///< Wait that long before writing.
};

/// `/agents/a%20b/status?x=1` -> `agents`, `a b`, `status`.
[[nodiscard]] std::vector<std::string> path_segments(std::string_view target);
/// Fit for one segment of a path.
[[nodiscard]] std::string encode_segment(std::string_view text);

/// A whole, right answer. `more_headers`: lines with their CRLF.
[[nodiscard]] reply json_reply(int status, const json& body, std::string_view more_headers = {});
/// What a start gets under a behaviour that begins no agent (not ok, late, start_then_die,
/// already_running, no_progress, ask_changes). refuse and hang_connect never get this far and count
/// as reset.
[[nodiscard]] reply refusal(behaviour mode);
[[nodiscard]] reply already_running_reply(std::string_view agent);

}  // namespace townd::standin
