#include "process/raw_container.hpp"

#include <atomic>
#include <optional>

#include "container/raw_server.hpp"
#include "container/tls_peer.hpp"

namespace townd::test {

struct raw_container::parts {
    std::atomic<int> starts = 0;
    std::optional<test_certificate> certificate;
    std::optional<raw_server> server;
};

raw_container::raw_container(std::unique_ptr<parts> made) : parts_(std::move(made)) {}
raw_container::raw_container(raw_container&&) noexcept = default;
raw_container::~raw_container() = default;

raw_container::raw_container(script play) : parts_(std::make_unique<parts>()) {
    parts_->server.emplace([all = parts_.get(), play = std::move(play)](const raw_peer& peer) {
        const auto request = peer.read_request();
        if (is_start(request)) ++all->starts;
        const auto reply = play(request);
        if (reply == hold_the_answer)
            peer.wait_for_close();
        else
            peer.send(reply);
    });
}

raw_container raw_container::self_signed() {
    auto made = std::make_unique<parts>();
    made->certificate.emplace("IP:127.0.0.1");
    made->server.emplace([all = made.get()](const raw_peer& peer) {
        serve_tls(peer, all->certificate->server(), http_reply("201 Created", "{}"));
    });
    return raw_container(std::move(made));
}

std::string raw_container::url() const {
    return parts_->server->url(parts_->certificate ? "https" : "http");
}

int raw_container::starts() const {
    return parts_->starts;
}

bool is_start(const std::string& request) {
    return request.starts_with("POST /agents/start");
}

std::string answer_of(std::string_view status_line, std::string_view body,
                      std::string_view headers) {
    return http_reply(status_line, body, headers);
}

std::string unknown_agent() {
    return http_reply("404 Not Found", R"({"error":"Agent not found"})");
}

}  // namespace townd::test
