#pragma once
// Bytes in, one HTTP answer out: Beast's parser behind the checks that it lacks. No sockets here,
// so every malformed answer can be tried without a network.

#include <boost/asio/buffer.hpp>
#include <cstddef>
#include <memory>
#include <string>

#include "townd/port/container.hpp"

namespace townd::container {

/// Reads one final answer. Interim answers (1xx) are skipped, at most a few. Refused although Beast
/// takes them: two Content-Lengths, a Transfer-Encoding other than chunked, chunked on HTTP/1.0, an
/// answer that ends only where the connection ends, a status outside 200..599, a Content-Encoding,
/// bytes after the answer.
class response_reader {
public:
    struct limits {
        std::size_t header = 8 * 1024;   ///< Status line and fields, bytes.
        std::size_t body = 1024 * 1024;  ///< Decoded body, bytes.
    };
    /// Holds unparsed bytes; what does not fit (a huge chunk extension or trailer) is an error.
    static constexpr std::size_t buffer_bytes_max = 16 * 1024;

    explicit response_reader(limits bounds);
    ~response_reader();
    response_reader(const response_reader&) = delete;
    response_reader& operator=(const response_reader&) = delete;

    enum class progress { more, done, failed };
    /// Where to read to. Never empty after `commit` said `more`. Small until the header has come,
    /// so that ten thousand silent peers cost little.
    [[nodiscard]] boost::asio::mutable_buffer room();
    /// Parses the next `n` bytes, which were put in `room()`. May throw what Beast throws.
    progress commit(std::size_t n);
    /// The peer closed. Always a failure: an answer that is whole was `done` before.
    progress end_of_stream();

    [[nodiscard]] bool header_done() const noexcept;
    [[nodiscard]] bool got_bytes() const noexcept;
    /// Status, content type, location and retry-after once the header has come; the body when done.
    void fill(http_answer& answer);
    /// After `failed`: code, phase, words. Names `endpoint`.
    [[nodiscard]] dispatch_error problem(const std::string& endpoint) const;

private:
    struct impl;
    std::unique_ptr<impl> impl_;
};

}  // namespace townd::container
