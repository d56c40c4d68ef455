// townctl: asks a running daemon over its debug listener.

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <cstdio>
#include <thread>

#include "app/commands.hpp"
#include "app/exit_codes.hpp"
#include "app/http_json.hpp"
#include "container/beast_client.hpp"

namespace townd::app {

int ctl_get(const std::string& address, const std::string& target) {
    if (!container::parse_container_url("http://" + address)) {
        std::fprintf(stderr, "townctl: --addr: '%s' is not HOST:PORT, as 127.0.0.1:9191\n",
                     address.c_str());
        return exit_usage;
    }
    boost::asio::io_context io{1};
    auto guard = boost::asio::make_work_guard(io);
    std::thread runner([&io] { io.run(); });
    int code = exit_ok;
    {
        auto client = container::make_beast_client(io, {});
        const auto text = fetch(*client, "GET", "http://" + address, target);
        if (text) {
            std::printf("%s%s", text->c_str(), text->ends_with('\n') ? "" : "\n");
        } else {
            const bool answered = text.error().kind != errc::unavailable;
            std::fprintf(stderr, "townctl: %s%s\n", text.error().what.c_str(),
                         answered ? "" : " (is townd running? set --addr or TOWND_ADDR)");
            code = text.error().kind == errc::not_found ? 3 : exit_unavailable;
        }
        guard.reset();
        io.stop();
        runner.join();
    }
    return code;
}

}  // namespace townd::app
