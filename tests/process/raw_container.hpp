#pragma once
// Containers that no stand-in can play: each request is answered by the test's own words.

#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace townd::test {

/// Given back by a script: the request is never answered, and the connection held.
inline constexpr std::string_view hold_the_answer = "\x01";

class raw_container {
public:
    /// From a request's bytes to the answer's. Called on any of several threads at once.
    using script = std::function<std::string(const std::string& request)>;

    explicit raw_container(script play);
    /// Speaks TLS with a certificate that nobody signed.
    static raw_container self_signed();
    raw_container(raw_container&&) noexcept;
    ~raw_container();

    [[nodiscard]] std::string url() const;
    [[nodiscard]] int starts() const;  ///< Start requests that were read.

private:
    struct parts;
    explicit raw_container(std::unique_ptr<parts> made);
    std::unique_ptr<parts> parts_;
};

[[nodiscard]] bool is_start(const std::string& request);
/// A whole answer: `status_line` as `200 OK`.
[[nodiscard]] std::string answer_of(
    std::string_view status_line, std::string_view body,
    std::string_view headers = "Content-Type: application/json\r\n");
/// What a container says of an agent that it does not know.
[[nodiscard]] std::string unknown_agent();

}  // namespace townd::test
