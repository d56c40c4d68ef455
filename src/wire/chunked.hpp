#pragma once
// Takes the chunked transfer coding off a body, of requests and answers alike. Own code, because
// Beast 1.81's throws on a huge trailer, bounds no chunk extension, merges trailers into the
// headers, and asserts (which stays on in release builds) when an empty body arrives as `0\r\n`,
// then `\r`.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace townd::wire {

class chunked_decoder {
public:
    /// The body holds at most `body_bytes_max`; lines of sizes and extensions, and all trailers
    /// together, at most `line_bytes_max` each; all lines together at most twice both.
    chunked_decoder(std::size_t body_bytes_max, std::size_t line_bytes_max);

    enum class verdict : std::uint8_t { more, done, malformed, body_too_large, overhead_too_large };

    /// Takes bytes off the front of `bytes` and adds what is body to `body`, which begins empty.
    /// After `done`, the rest of `bytes` belongs to the next message. Not to be called again after
    /// anything but `more`.
    [[nodiscard]] verdict take(std::string_view& bytes, std::string& body);

private:
    enum class state : std::uint8_t { size_line, data, data_end, trailer };

    [[nodiscard]] verdict take_line(std::string_view& bytes);
    [[nodiscard]] verdict end_of_line(std::size_t body_size);
    [[nodiscard]] verdict read_size(std::size_t body_size);

    std::size_t body_bytes_max_;
    std::size_t line_bytes_max_;
    std::size_t overhead_ = 0;
    std::size_t trailer_bytes_ = 0;
    state state_ = state::size_line;
    std::string line_;  // Without CRLF; a CR at its end waits for its LF.
    std::size_t left_ = 0;
};

}  // namespace townd::wire
