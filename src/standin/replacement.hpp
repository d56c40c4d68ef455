#pragma once
// How a container is replaced: the town is told, nothing starts any more, agents are put out after
// a while, the container is gone; the next one at the same address says that it is ready as soon as
// a health check tells it the drain's nonce.

#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "standin/start_request.hpp"
#include "standin/town_call.hpp"
#include "standin/world.hpp"

namespace townd::standin {

/// Towns that one stand-in can speak to; starts of more are served all the same.
inline constexpr std::size_t towns_known_max = 10'000;

/// Every member is called with `world::mutex` held; what the timers and the callbacks bring in
/// takes it itself.
class replacement : public std::enable_shared_from_this<replacement> {
public:
    struct steps {
        /// Puts all agents out, and calls when the last word of each is said.
        std::function<void(std::function<void()> then)> put_out;
        std::function<void()> renew;  ///< Another container from here on.
    };
    explicit replacement(std::shared_ptr<world> in);
    void use(steps what) { steps_ = std::move(what); }

    /// Without effect while one goes on.
    void begin();
    /// The next container is there at once, however far the last one came.
    void cut_off();
    [[nodiscard]] bool draining() const noexcept { return state_ == state::draining; }
    [[nodiscard]] bool gone() const noexcept { return state_ == state::gone; }

    /// A start tells where its town's API is, and brings the container's token.
    void hear_of(const start_request& what);
    void take_token(const town_id& town, const std::string& token);
    /// A health check of the town named this nonce; empty: none.
    void hear_nonce(const town_id& town, const std::string& nonce);

private:
    enum class state : std::uint8_t { serving, draining, gone };
    struct home {
        std::string api_url;
        std::string token;
        std::string nonce_said;  // That the next container is ready, under this nonce.
        std::shared_ptr<town_call> call;
    };

    void later(duration wait, void (replacement::*next)());
    void put_out();
    void leave();
    void arrive();
    void tell(const town_id& town, home& at, std::string_view route, const json& body);

    const std::shared_ptr<world> world_;
    steps steps_;
    boost::asio::steady_timer timer_;
    std::map<town_id, home> homes_;
    state state_ = state::serving;
    std::uint64_t epoch_ = 0;  // Raised when plans change: what was under way before is void.
};

}  // namespace townd::standin
