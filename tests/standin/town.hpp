#pragma once
// What the tests of the stand-in need around it: a thread that runs it, a town API that is a fake
// callback port, and a client that speaks plain bytes.

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <condition_variable>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "json/json.hpp"
#include "standin/container.hpp"

namespace townd::standin {

inline constexpr std::chrono::seconds patience{20};

class wall_clock final : public clock_port {
public:
    [[nodiscard]] instant now() const noexcept override;
    [[nodiscard]] std::int64_t wall_seconds() const noexcept override;
};

/// Records the calls and answers as it is told, on the caller's thread.
class fake_town_api final : public container_port {
public:
    using script = std::function<http_answer(const http_call&)>;

    void call(http_call request, std::function<void(http_answer)> done) override;
    void answer_with(script answer);
    [[nodiscard]] std::vector<http_call> calls() const;
    /// Calls whose target ends so.
    [[nodiscard]] std::vector<http_call> calls_to(std::string_view target_end) const;
    /// Waits for `count` of them; false when patience ends.
    [[nodiscard]] bool wait_for(std::string_view target_end, std::size_t count = 1) const;

private:
    mutable std::mutex mutex_;
    mutable std::condition_variable changed_;
    std::vector<http_call> calls_;
    script script_;
};

[[nodiscard]] http_answer api_answer(int status, const json& data = json::object());
[[nodiscard]] http_answer api_away();
/// 200 to all, and prime shows `bead` hooked.
[[nodiscard]] fake_town_api::script api_with_hook(std::string bead);
[[nodiscard]] std::string header_of(const http_call& call, std::string_view name);

enum class wire_end { closed, reset, refused, timed_out };

struct wire_answer {
    wire_end end = wire_end::timed_out;
    bool connected = false;
    std::string bytes;

    [[nodiscard]] int status() const;  ///< 0 when it is not HTTP.
    [[nodiscard]] std::string head() const;
    [[nodiscard]] std::string body() const;
    [[nodiscard]] json body_json() const;  ///< null when it is not JSON.
};

/// Connects, writes `bytes`, reads until the end or until `wait` is over.
[[nodiscard]] wire_answer exchange_bytes(std::uint16_t port, std::string_view bytes,
                                         std::chrono::milliseconds wait = patience);

[[nodiscard]] json start_body(std::string_view agent, std::string_view role = "polecat");
[[nodiscard]] bool eventually(const std::function<bool()>& condition);

/// A container on its own thread.
class town {
public:
    explicit town(options opts = {});
    ~town();

    [[nodiscard]] wire_answer send(std::string_view method, std::string_view target,
                                   std::string_view body = {}, std::string_view headers = {},
                                   std::chrono::milliseconds wait = patience) const;
    [[nodiscard]] wire_answer start(std::string_view agent,
                                    std::string_view role = "polecat") const;
    [[nodiscard]] wire_answer status(std::string_view agent) const;
    [[nodiscard]] std::uint16_t port() const;

    fake_town_api api;
    wall_clock clock;

private:
    boost::asio::io_context io_{1};

public:
    std::unique_ptr<container> box;

private:
    std::thread thread_;
};

/// A directory that is gone afterwards.
class temp_dir {
public:
    temp_dir();
    ~temp_dir();
    [[nodiscard]] std::string file(std::string_view name) const;

private:
    std::filesystem::path path_;
};

/// Lines of a start log.
[[nodiscard]] std::vector<json> read_lines(const std::string& path);

}  // namespace townd::standin
