#pragma once
// A stand-in for a town's container: the control server of the wire protocol, over real sockets,
// with agents that heartbeat, work and report as the real ones do. For demonstrations and tests;
// it runs no code and clones no repository.

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "standin/behaviour.hpp"
#include "townd/port/clock.hpp"
#include "townd/port/container.hpp"
#include "townd/words/result.hpp"
#include "townd/words/time.hpp"
#include "townd/words/town.hpp"

namespace boost::asio {
class io_context;
}

namespace townd::standin {

struct options {
    std::string listen = "127.0.0.1:0";  ///< Address literal or `localhost`, and port; 0 picks one.
    behaviour mode = behaviour::ok;
    /// Role text -> behaviour of starts for that role, before `mode`. Not refuse or hang_connect.
    std::map<std::string, behaviour, std::less<>> by_role;
    duration work_time{2'000};         ///< From start to `done`; of a mayor to `waiting`.
    duration review_time{1'000};       ///< From start to the verdict of a refinery.
    duration heartbeat_every{30'000};  ///< At least 10 ms; the first one comes at once.
    duration late_by{2'000};
    duration die_after{1'000};
    duration drain_time{500};    ///< From the word that it drains until agents are put out.
    duration replace_time{200};  ///< Then nobody answers until the next container is there.
    std::string triage_action = "RESTART";  ///< How triage agents resolve their requests.
    bool fail_work = false;  ///< Agents report `completed: failed` when their work time is over.
    bool naive = false;      ///< A start for a live agent begins a second session.
    int callback_tries = 5;  ///< At least 1. Per callback, while the API is away or answers 5xx.
    duration callback_backoff{200};  ///< Before the second try; doubles, up to 2 s.
    /// File to append to, one JSON line per event, written before the event takes effect:
    /// `{"t":unix ms,"event":…,"agent":…,"role":…,"bead":…,"dispatch":…,"attempt":…,"town":…,
    /// "reason":…}`, null where unknown. Events: `start` (an agent begins), `refused` (a start
    /// request that begins none), `stop` (a stop request), `done` (work or review handed in),
    /// `exit`. A start whose line cannot be written is answered 500 and begins nothing. Empty: no
    /// log.
    std::string start_log;
};

/// A start request as it came in.
struct start_seen {
    instant at{};
    agent_id agent;
    std::string role;
    town_id town;
    std::optional<bead_id> bead;  ///< Header `X-Bead-Id`, envVars `GASTOWN_BEAD_ID`, or `beadId`.
    dispatch_id dispatch;         ///< Header `X-Dispatch-Id`; empty without one.
    std::optional<std::int64_t> attempt;  ///< Header `X-Dispatch-Attempt`, or `attempt`.
    bool began = false;                   ///< An agent was started by it.
    std::string body;                     ///< As it came, tokens and all; empty but for the newest.
};

inline constexpr std::size_t starts_kept_max = 100'000;
inline constexpr std::size_t start_bodies_kept_max = 1'000;
inline constexpr std::size_t ended_agents_kept_max = 10'000;

/// All members may be called from any thread, except from inside `client`'s call().
/// `refuse`, `hang_connect` and `kill_all` have happened when the call returns.
class container {
public:
    /// Listens, and serves on whoever runs `io` (one thread), which does not run out of work until
    /// the container is stopped. `io`, `clock` and `client` must
    /// outlive the container; `client` carries the agents' callbacks to the town API.
    /// Failures: `invalid` for an option, `unavailable` when the address cannot be had.
    [[nodiscard]] static result<std::unique_ptr<container>> start(boost::asio::io_context& io,
                                                                  const clock_port& clock,
                                                                  container_port& client,
                                                                  options opts);
    ~container();
    container(const container&) = delete;
    container& operator=(const container&) = delete;

    [[nodiscard]] std::string address() const;  ///< `127.0.0.1:port`; the same for good.
    [[nodiscard]] std::string url() const;      ///< `http://` before it.

    /// For everything that comes from now on. Agents that live go on living. hang_response, reset
    /// and garbage hold for every request; the others for starts. Fails (`unavailable`) only when
    /// the port could not be opened again.
    result<void> set_behaviour(behaviour mode);
    /// For starts of one role, before the general one. Fails (`invalid`) for refuse, hang_connect.
    result<void> set_behaviour(std::string_view role, behaviour mode);
    /// Takes all behaviours by role back.
    void clear_roles();

    /// Start requests that were read, whatever came of them.
    [[nodiscard]] std::size_t starts_received() const;
    [[nodiscard]] std::size_t starts_received(std::string_view role) const;
    /// Sessions that are alive, a second one of the same agent included.
    [[nodiscard]] std::size_t live_agents() const;
    /// The newest `starts_kept_max`, oldest first.
    [[nodiscard]] std::vector<start_seen> starts() const;

    /// As a crash of the container: all agents vanish without a callback, their status is 404,
    /// and heartbeats of later agents carry another containerInstanceId.
    void kill_all();
    /// As a container that is replaced: tells each town that it drains, refuses starts, puts its
    /// agents out after `drain_time` (each says where its work is, then `completed`, reason
    /// `container eviction`), is gone for `replace_time`. Another one follows at the same address:
    /// when a health check names the drain's nonce, it reports that it is ready. Returns at once;
    /// without effect while one goes on. Over HTTP: `POST /standin/drain`, answered 202.
    void drain();
    /// From `drain` until the next container is there.
    [[nodiscard]] bool draining() const;
    /// Named in heartbeats; another one after each `drain` and `kill_all`.
    [[nodiscard]] std::string instance() const;
    /// `POST /refresh-token` calls that brought a token. Agents are not restarted by one.
    [[nodiscard]] std::size_t tokens_received() const;
    /// Closes the port and all connections; agents vanish. Idempotent; the destructor does it too.
    void stop();

private:
    struct parts;
    explicit container(std::unique_ptr<parts> made);
    std::unique_ptr<parts> parts_;
};

}  // namespace townd::standin
