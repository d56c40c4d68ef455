#include "container/response_reader.hpp"

#include <algorithm>
#include <array>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <optional>
#include <string_view>

#include "wire/chunked.hpp"

namespace townd::container {
namespace {

namespace http = boost::beast::http;
using boost::beast::error_code;

constexpr int interim_answers_max = 8;
constexpr std::int64_t retry_after_seconds_max = 7 * 24 * 3600;

std::string_view std_view(boost::beast::string_view text) {
    return {text.data(), text.size()};
}

// What the bytes look like when they are not HTTP, with the remedy where there is one.
std::string likeness(std::string_view start) {
    if (start.size() >= 2 && (start[0] == '\x15' || start[0] == '\x16') && start[1] == '\x03')
        return " (this looks like TLS: use https in container_url)";
    if (start.substr(0, 4) == "SSH-") return " (this is an SSH server: check the port)";
    if (start.empty()) return {};
    return " (it begins \"" + clean_text(start, 96) + "\")";
}

std::optional<duration> read_retry_after(std::string_view text) {
    if (text.empty() || text.size() > 9) return std::nullopt;
    if (text.find_first_not_of("0123456789") != std::string_view::npos) return std::nullopt;
    const std::int64_t seconds = std::stoll(std::string{text});
    return std::chrono::seconds{std::min(seconds, retry_after_seconds_max)};
}

}  // namespace

struct response_reader::impl {
    explicit impl(limits bounds) : bounds_(bounds), buffer_(buffer_bytes_max) { renew(); }

    // Beast's own body limit is off: it would fail inside the header and hide the status.
    void renew() {
        parser_.emplace();
        parser_->header_limit(static_cast<std::uint32_t>(
            std::min<std::size_t>(bounds_.header, std::numeric_limits<std::uint32_t>::max())));
        parser_->body_limit(boost::none);
        parser_->eager(false);
    }

    progress fail(townd::error_code code, std::string text) {
        code_ = code;
        phase_ = header_done_ ? error_phase::body : error_phase::header;
        text_ = std::move(text);
        return progress::failed;
    }

    progress parse();
    progress parse_chunks();
    progress check_header();
    std::optional<std::string> framing_problem();
    [[nodiscard]] bool begins_as_http() const {
        const std::string_view start = std::string_view(start_).substr(0, 5);
        return start == std::string_view("HTTP/").substr(0, start.size());
    }
    progress fail_parse(const error_code& ec);

    // Where the body gathers.
    [[nodiscard]] std::string& body() { return decoder_ ? chunked_body_ : parser_->get().body(); }
    [[nodiscard]] const std::string& body() const {
        return decoder_ ? chunked_body_ : parser_->get().body();
    }

    limits bounds_;
    boost::beast::flat_buffer buffer_;
    std::optional<http::response_parser<http::string_body>> parser_;
    std::optional<wire::chunked_decoder> decoder_;  // Of a chunked body.
    std::string chunked_body_;
    std::string start_;  // The first bytes, for the words of a failure.
    int interim_ = 0;
    bool got_bytes_ = false;
    bool header_done_ = false;
    bool done_ = false;
    townd::error_code code_ = townd::error_code::unknown;
    error_phase phase_ = error_phase::header;
    std::string text_;
};

response_reader::response_reader(limits bounds) : impl_(std::make_unique<impl>(bounds)) {}
response_reader::~response_reader() = default;

boost::asio::mutable_buffer response_reader::room() {
    const std::size_t want = impl_->header_done_ ? buffer_bytes_max : buffer_bytes_max / 8;
    return impl_->buffer_.prepare(std::min(want, buffer_bytes_max - impl_->buffer_.size()));
}

response_reader::progress response_reader::commit(std::size_t n) {
    impl& i = *impl_;
    i.buffer_.commit(n);
    i.got_bytes_ = i.got_bytes_ || n > 0;
    if (i.start_.size() < 64) {
        const auto data = i.buffer_.cdata();
        const std::string_view fresh(static_cast<const char*>(data.data()), data.size());
        i.start_ += fresh.substr(fresh.size() - n, 64 - i.start_.size());
    }
    return i.parse();
}

response_reader::progress response_reader::impl::parse() {
    // Beast wants eight bytes before it judges, and a TLS alert has seven.
    if (!begins_as_http())
        return fail(townd::error_code::body_invalid, "not valid HTTP" + likeness(start_));
    if (decoder_) return parse_chunks();
    while (!parser_->is_done() && buffer_.size() > 0) {
        error_code ec;
        const std::size_t used = parser_->put(buffer_.cdata(), ec);
        buffer_.consume(used);
        if (ec && ec != http::error::need_more) return fail_parse(ec);
        if (!header_done_ && parser_->is_header_done()) {
            const int status = static_cast<int>(parser_->get().result_int());
            if (status >= 100 && status < 200 && status != 101) {
                if (++interim_ > interim_answers_max)
                    return fail(townd::error_code::body_invalid, "too many interim answers (1xx)");
                renew();
                continue;
            }
            header_done_ = true;
            if (check_header() == progress::failed) return progress::failed;
            if (parser_->chunked()) {
                decoder_.emplace(bounds_.body, bounds_.header);
                return parse_chunks();
            }
            if (!parser_->is_done()) parser_->eager(true);
        }
        if (header_done_ && parser_->get().body().size() > bounds_.body)
            return fail(townd::error_code::body_too_large,
                        "body over " + std::to_string(bounds_.body) + " bytes");
        if (ec || used == 0) break;  // Wants more bytes.
    }
    if (header_done_ && parser_->is_done()) {
        if (buffer_.size() > 0)
            return fail(townd::error_code::body_invalid,
                        std::to_string(buffer_.size()) + " or more bytes after its end");
        done_ = true;
        return progress::done;
    }
    if (buffer_.size() < buffer_bytes_max) return progress::more;
    return fail(townd::error_code::body_too_large, "a header, chunk extension or trailer over " +
                                                       std::to_string(buffer_bytes_max) + " bytes");
}

// Chunks are taken off by our own decoder: Beast's parser ends the process by an assertion when the
// last chunk comes in the wrong pieces.
response_reader::progress response_reader::impl::parse_chunks() {
    using verdict = wire::chunked_decoder::verdict;
    const auto data = buffer_.cdata();
    std::string_view bytes(static_cast<const char*>(data.data()), data.size());
    const auto said = decoder_->take(bytes, chunked_body_);
    buffer_.consume(buffer_.size() - bytes.size());
    switch (said) {
        case verdict::more:
            return progress::more;
        case verdict::done:
            if (buffer_.size() > 0)
                return fail(townd::error_code::body_invalid,
                            std::to_string(buffer_.size()) + " or more bytes after its end");
            done_ = true;
            return progress::done;
        case verdict::malformed:
            return fail(townd::error_code::body_invalid, "not valid HTTP: bad chunk");
        case verdict::body_too_large:
            return fail(townd::error_code::body_too_large,
                        "body over " + std::to_string(bounds_.body) + " bytes");
        case verdict::overhead_too_large:
            break;
    }
    return fail(townd::error_code::body_too_large, "a chunk extension or trailer over " +
                                                       std::to_string(bounds_.header) + " bytes");
}

response_reader::progress response_reader::impl::fail_parse(const error_code& ec) {
    if (ec == http::error::header_limit)
        return fail(townd::error_code::body_too_large,
                    "header over " + std::to_string(bounds_.header) + " bytes");
    if (ec == http::error::body_limit || ec == http::error::buffer_overflow)
        return fail(townd::error_code::body_too_large, ec.message());
    std::string text = "not valid HTTP: " + ec.message();
    return fail(townd::error_code::body_invalid, std::move(text));
}

response_reader::progress response_reader::impl::check_header() {
    const auto& head = parser_->get();
    const int status = static_cast<int>(head.result_int());
    if (status < 200 || status > 599)
        return fail(townd::error_code::body_invalid,
                    "status " + std::to_string(status) + " is none that ends an exchange");
    if (const auto problem = framing_problem())
        return fail(townd::error_code::body_invalid, *problem);
    if (const auto length = parser_->content_length(); length && *length > bounds_.body)
        return fail(townd::error_code::body_too_large, "Content-Length " + std::to_string(*length) +
                                                           " is over the limit of " +
                                                           std::to_string(bounds_.body) + " bytes");
    const auto encoding = std_view(head[http::field::content_encoding]);
    if (!encoding.empty() &&
        !boost::beast::iequals(head[http::field::content_encoding], "identity"))
        return fail(townd::error_code::body_invalid,
                    "Content-Encoding " + clean_text(encoding, 64) + " was not asked for");
    return progress::more;
}

std::optional<std::string> response_reader::impl::framing_problem() {
    const auto& head = parser_->get();
    const auto count = [&](http::field name) {
        const auto [from, to] = head.equal_range(name);
        return std::distance(from, to);
    };
    const auto lengths = count(http::field::content_length);
    const auto encodings = count(http::field::transfer_encoding);
    if (lengths > 1 ||
        std_view(head[http::field::content_length]).find(',') != std::string_view::npos)
        return "more than one Content-Length";
    if (encodings > 0) {
        const auto value = head[http::field::transfer_encoding];
        if (encodings > 1 || !boost::beast::iequals(value, "chunked"))
            return "Transfer-Encoding " + clean_text(std_view(value), 64) + " is not known";
        if (head.version() < 11) return "Transfer-Encoding on HTTP/1.0";
        if (lengths > 0) return "both Content-Length and Transfer-Encoding";
        return std::nullopt;
    }
    if (parser_->need_eof() && !parser_->is_done())
        return "no framing: neither Content-Length nor chunked";
    return std::nullopt;
}

response_reader::progress response_reader::end_of_stream() {
    impl& i = *impl_;
    if (!i.got_bytes_)
        return i.fail(townd::error_code::eof_early, "the connection was closed without an answer");
    if (i.header_done_)
        return i.fail(townd::error_code::eof_early,
                      "the connection was closed within the body, after " +
                          std::to_string(i.body().size()) + " bytes of it");
    return i.fail(townd::error_code::eof_early, "the connection was closed within the header");
}

bool response_reader::header_done() const noexcept {
    return impl_->header_done_;
}
bool response_reader::got_bytes() const noexcept {
    return impl_->got_bytes_;
}

void response_reader::fill(http_answer& answer) {
    if (!impl_->header_done_) return;
    const auto& head = impl_->parser_->get();
    const auto text = [&](http::field name) -> std::optional<std::string> {
        if (head.find(name) == head.end()) return std::nullopt;
        return clean_text(std_view(head[name]), 512);
    };
    answer.status = static_cast<int>(head.result_int());
    answer.content_type = text(http::field::content_type);
    answer.location = text(http::field::location);
    answer.retry_after = read_retry_after(std_view(head[http::field::retry_after]));
    if (impl_->done_) answer.body = std::move(impl_->body());
}

dispatch_error response_reader::problem(const std::string& endpoint) const {
    const impl& i = *impl_;
    std::string text = "answer of " + endpoint;
    if (i.header_done_) text += " (" + std::to_string(i.parser_->get().result_int()) + ")";
    dispatch_error error(i.code_, i.phase_, blame::infrastructure, text + ": " + i.text_);
    error.endpoint = endpoint;
    if (i.header_done_) {
        error.http_status = static_cast<int>(i.parser_->get().result_int());
        const std::string& body = i.body();
        if (!body.empty()) {
            error.body_excerpt = clean_text(body, body_excerpt_bytes_max);
            error.body_truncated = true;
        }
    } else if (!i.start_.empty()) {
        error.body_excerpt = clean_text(i.start_, body_excerpt_bytes_max);
        error.body_truncated = true;
    }
    return error;
}

}  // namespace townd::container
