#include "http/server.hpp"

#include "http/listener.hpp"
#include "http/session.hpp"

namespace townd::http {
namespace {

void close_all(server_core& core, listener& door) noexcept {
    door.close();
    // Closing a session never destroys it here: its cancelled operations still hold it.
    for (auto* open : core.sessions)
        open->close();
}

class bound_server final : public server {
public:
    bound_server(std::shared_ptr<server_core> core, std::shared_ptr<listener> door,
                 std::string address)
        : core_(std::move(core)), door_(std::move(door)), address_(std::move(address)) {}

    ~bound_server() override {
        core_->stopping = true;
        core_->detach();
        close_all(*core_, *door_);
    }
    bound_server(const bound_server&) = delete;
    bound_server& operator=(const bound_server&) = delete;

    void start() override {
        core_->post([door = door_] { door->start(); });
    }
    void stop() override {
        core_->stopping = true;
        core_->post([core = core_, door = door_] { close_all(*core, *door); });
    }
    [[nodiscard]] std::string address() const override { return address_; }
    [[nodiscard]] int connections() const noexcept override { return core_->connections; }
    [[nodiscard]] int streams() const noexcept override { return core_->streams; }

private:
    const std::shared_ptr<server_core> core_;
    const std::shared_ptr<listener> door_;
    const std::string address_;
};

}  // namespace

result<std::unique_ptr<server>> server::bind(boost::asio::io_context& io, server_options options,
                                             const router& routes) {
    auto socket = bind_to(io, options.listen, options.config_key);
    if (!socket) return socket.error();
    auto core = std::make_shared<server_core>(io, std::move(options), routes);
    core->from_socket = socket->port == 0;
    auto hosts = core->options.hosts;
    hosts.push_back(socket->address);
    core->hosts = host_list{hosts, socket->port};
    auto address = socket->address;
    auto door = std::make_shared<listener>(std::move(*socket), core);
    return std::make_unique<bound_server>(std::move(core), std::move(door), std::move(address));
}

}  // namespace townd::http
