#pragma once
// What went wrong, as values that always carry words.
//
// Two kinds. `failure` is a problem inside townd or of a caller (bad request, storage, config).
// `dispatch_error` is the full record of why an attempt to start or keep an agent failed; it is
// kept with the bead, grouped by fingerprint and shown at /debug. Neither can be built without a
// code, and neither can hold an empty text: the incident that townd exists for was 4,075 failures
// an hour whose error column was empty on every row (Kilo-Org/cloud #1850).

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "townd/words/time.hpp"

namespace townd {

/// The closed list of what can go wrong with an attempt. Text form: snake_case, `to_text`.
enum class error_code : std::uint8_t {
    resolve_failed,        ///< The container's host name has no address.
    connect_refused,       ///< Nothing listens there.
    connect_timeout,       ///< No answer to the connect.
    connect_unreachable,   ///< No route.
    tls_failed,            ///< Handshake or certificate.
    write_failed,          ///< The request could not be written.
    header_timeout,        ///< Written, but no answer before the deadline.
    body_timeout,          ///< The answer began and did not end before the deadline.
    reset,                 ///< The peer reset the connection.
    eof_early,             ///< The peer closed before a whole answer.
    http_4xx,              ///< A 4xx that has no code of its own.
    http_429,              ///< Rate limited, by the container or by its provider.
    http_5xx,              ///< A 5xx.
    http_503_draining,     ///< The container is draining: come back later.
    body_invalid,          ///< The answer is not what the wire format says.
    body_too_large,        ///< The answer is over a limit.
    start_rejected,        ///< A success status with a failing payload, or a redirect.
    agent_exited,          ///< The agent ended, or said that it failed.
    agent_no_heartbeat,    ///< The agent went silent.
    git_failed,            ///< The container could not set up the repository.
    credentials_rejected,  ///< 401 or 403, or no token could be made.
    config_invalid,        ///< The rig or town lacks what a start needs.
    budget_exceeded,       ///< Our own limit of attempts or money.
    storage_error,         ///< The town's database failed.
    storage_too_big,       ///< SQLITE_TOOBIG.
    cancelled,             ///< We gave up on it: shutdown, operator.
    internal,              ///< A bug of ours.
    unknown,               ///< No known class; the message holds the raw type.
};
inline constexpr int error_code_count = static_cast<int>(error_code::unknown) + 1;

/// How far the attempt had come.
enum class error_phase : std::uint8_t {
    prepare,  ///< Before any network: config, tokens, storage.
    resolve,
    connect,
    tls,
    write,
    header,  ///< Waiting for the answer's header.
    body,    ///< Reading the answer's body.
    decode,  ///< Making sense of it.
    start,   ///< The container answered that its start failed.
    agent,   ///< The agent was started and then failed.
};

/// Whose fault it is, as far as can be told.
enum class blame : std::uint8_t { infrastructure, agent, config, caller, unknown };

/// Which breaker or counter an attempt's end is charged to (design: exactly one).
enum class charge_level : std::uint8_t { none, bead, agent, place, outage };

[[nodiscard]] std::string_view to_text(error_code code) noexcept;
[[nodiscard]] std::string_view to_text(error_phase phase) noexcept;
[[nodiscard]] std::string_view to_text(blame who) noexcept;
[[nodiscard]] std::string_view to_text(charge_level level) noexcept;
[[nodiscard]] std::optional<error_code> parse_error_code(std::string_view text) noexcept;
[[nodiscard]] std::optional<error_phase> parse_error_phase(std::string_view text) noexcept;
[[nodiscard]] std::optional<blame> parse_blame(std::string_view text) noexcept;
[[nodiscard]] std::optional<charge_level> parse_charge_level(std::string_view text) noexcept;

/// One sentence on what a code means. Never empty; used when nothing better is known.
[[nodiscard]] std::string_view describe(error_code code) noexcept;

/// Longest message and body excerpt that are kept, in bytes. Longer ones are cut with a marker.
inline constexpr std::size_t error_message_bytes_max = 1024;
inline constexpr std::size_t body_excerpt_bytes_max = 1024;

/// Makes foreign bytes fit for a message: invalid UTF-8 replaced, control characters made blanks,
/// cut at `max` bytes with a marker that tells the true length.
[[nodiscard]] std::string clean_text(std::string_view raw, std::size_t max);

/// Cuts `text` to at most `max` bytes, at a UTF-8 boundary, ending in `…[cut, N bytes]`.
/// Unchanged when it fits. The marker counts towards `max`.
[[nodiscard]] std::string cut_text(std::string_view text, std::size_t max);

/// Why an attempt failed. A plain value; copy it freely.
struct dispatch_error {
    /// An empty `message` is replaced by `describe(code)`; the rest is cleaned and cut.
    dispatch_error(error_code code, error_phase phase, blame who, std::string_view message);

    [[nodiscard]] error_code code() const noexcept { return code_; }
    [[nodiscard]] error_phase phase() const noexcept { return phase_; }
    /// One line of UTF-8, 1..error_message_bytes_max bytes.
    [[nodiscard]] const std::string& message() const noexcept { return message_; }

    blame who;
    charge_level level = charge_level::none;  ///< Set by attribution.
    bool retryable = true;
    std::optional<int> http_status;
    std::optional<int> sys_errno;
    std::optional<duration> retry_after;      ///< The hint that came with it.
    std::optional<std::string> body_excerpt;  ///< First 1 KiB, cleaned.
    bool body_truncated = false;
    std::optional<std::string> container_phase;  ///< The container's own word, as `initial_prompt`.
    std::optional<std::string> error_type;       ///< The container's own word.
    std::optional<std::string> action;           ///< The container's advice to the operator.
    std::optional<int> upstream_status;          ///< What the container's upstream answered.
    std::string endpoint;                        ///< host:port, empty when none was reached for.

    /// Groups errors of one cause: hash of code, phase, role and the message with digits, ids and
    /// addresses taken out. 12 hex digits; stable over versions (FNV-1a 64).
    [[nodiscard]] std::string fingerprint(std::string_view role) const;

private:
    error_code code_;
    error_phase phase_;
    std::string message_;
};

/// Kinds of problem that a caller can act on.
enum class errc : std::uint8_t {
    invalid,       ///< The request or value is wrong: change it. HTTP 400.
    unauthorized,  ///< No or bad credential. HTTP 401.
    forbidden,     ///< A good credential for something else. HTTP 403.
    not_found,     ///< HTTP 404.
    conflict,      ///< Against the present state. HTTP 409.
    too_large,     ///< HTTP 413.
    overloaded,    ///< Try again later. HTTP 503 with Retry-After.
    unavailable,   ///< The town cannot be read or written now. HTTP 503.
    storage,       ///< The database failed. HTTP 503.
    locked,        ///< Another process holds it.
    internal,      ///< A bug of ours. HTTP 500.
};
[[nodiscard]] std::string_view to_text(errc kind) noexcept;

/// A problem with a kind for the program and a sentence for a person.
struct failure {
    /// An empty `what` becomes the kind's name: a failure never has an empty text.
    failure(errc kind, std::string what);
    failure() : failure(errc::internal, {}) {}  ///< For `result`, which wants one; never seen.
    errc kind;
    std::string what;
};

}  // namespace townd
