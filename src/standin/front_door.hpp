#pragma once
// The listening port, which can be open, closed (connects are refused) or full (connects hang), and
// stays the same port through all three.

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "townd/words/result.hpp"

namespace townd::standin {

enum class door_state : std::uint8_t { open, closed, full };

/// Any thread; `visitor` is called on the thread that runs the io_context.
class front_door : public std::enable_shared_from_this<front_door> {
public:
    using visitor = std::function<void(boost::asio::ip::tcp::socket)>;

    /// Binds but does not listen. Failures: `invalid` for the text, `unavailable` for the port.
    [[nodiscard]] static result<std::shared_ptr<front_door>> make(boost::asio::io_context& io,
                                                                  const std::string& listen,
                                                                  visitor visit);
    front_door(boost::asio::io_context& io, visitor visit);

    /// In effect when it returns. Failure: `unavailable`; the door is then closed.
    [[nodiscard]] result<void> set(door_state wanted);
    [[nodiscard]] boost::asio::ip::tcp::endpoint endpoint() const;
    /// Gives the port up for good.
    void stop();

private:
    using acceptor = boost::asio::ip::tcp::acceptor;
    [[nodiscard]] result<void> bind();
    void accept_next(const std::shared_ptr<acceptor>& on);
    void accepted(const std::shared_ptr<acceptor>& on, const boost::system::error_code& error,
                  boost::asio::ip::tcp::socket peer);
    void fill_queue();

    boost::asio::io_context& io_;
    const visitor visit_;
    mutable std::mutex mutex_;  // Guards all below.
    boost::asio::ip::tcp::endpoint endpoint_;
    std::shared_ptr<acceptor> acceptor_;  // Always bound, listening unless closed; null: stopped.
    std::vector<boost::asio::ip::tcp::socket> fillers_;
    boost::asio::steady_timer pause_;
    door_state state_ = door_state::closed;
    bool stopped_ = false;
};

}  // namespace townd::standin
