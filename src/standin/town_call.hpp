#pragma once
// A call to the town API as a container makes it: again while the API is away, never again after
// it said no.

#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>

#include "json/json.hpp"
#include "standin/world.hpp"

namespace townd::standin {

enum class delivery : std::uint8_t { accepted, unreachable, rejected };

/// Every member is called with `world::mutex` held; `then` is called with it held, once, later.
class town_call : public std::enable_shared_from_this<town_call> {
public:
    /// `data`: the member of that name of the answer, or null.
    using answered = std::function<void(delivery, const json& data)>;

    static std::shared_ptr<town_call> begin(std::shared_ptr<world> in, http_call what,
                                            answered then);
    /// `then` is not called any more. What was sent may have been heard all the same.
    void cancel();

    town_call(std::shared_ptr<world> in, http_call what, answered then);

private:
    void send();
    void have(const http_answer& answer);
    void end(delivery how, const json& data);

    const std::shared_ptr<world> world_;
    const http_call call_;
    answered then_;
    boost::asio::steady_timer pause_;
    int tries_left_;
    duration backoff_;
};

}  // namespace townd::standin
