// The part of a session that writes a stream: what comes is written at once, one write at a time;
// what the client sends meanwhile is read and thrown away, so that its end is seen.

#include <boost/asio/buffer.hpp>
#include <boost/asio/write.hpp>

#include "http/reply.hpp"
#include "http/session.hpp"

namespace townd::http {

namespace asio = boost::asio;
using boost::system::error_code;

namespace {

constexpr duration look_every{250};
constexpr duration heartbeat_after{15'000};
constexpr std::size_t read_bytes_max = 4 * 1024;
constexpr std::size_t unasked_bytes_max = 64 * 1024;

}  // namespace

// Over the bound a stream is refused as a request is: the client may come again.
response session::admitted(response given) {
    if (!given.stream || seen_.method == "HEAD") return given;
    if (core_->streams < core_->options.limits.streams_max) return given;
    given.stream->detach();
    return error_response(503, "too many streams are open; try again later");
}

// The head is on its way.
void session::open_stream(std::shared_ptr<stream> source) {
    stream_ = std::move(source);
    ++core_->streams;
    wrote_at_ = loop_time();
    stream_->attach([core = core_, to = weak_from_this()] {
        core->post([to] {
            if (const auto self = to.lock()) self->guarded([&] { self->write_frames(); });
        });
    });
}

void session::close_stream() noexcept {
    if (!stream_) return;
    stream_->detach();
    stream_.reset();
    --core_->streams;
}

void session::begin_frames() {
    frames_begun_ = true;
    read_unasked();
    look_at_stream();
}

void session::look_at_stream() {
    enter(phase::streaming, look_every);
    const auto now = loop_time();
    if (writing_) {
        if (now >= wrote_at_ + core_->options.limits.write_timeout) close();
        return;
    }
    if (stream_->how().on_time) stream_->how().on_time();
    if (now >= wrote_at_ + heartbeat_after && !stream_->how().heartbeat.empty())
        stream_->send(stream_->how().heartbeat);
    write_frames();
}

void session::write_frames() {
    if (!stream_ || !frames_begun_ || writing_) return;
    const bool over = stream_->over();  // Asked first: what was sent before it is taken below.
    frames_ = stream_->take();
    if (frames_.empty()) {
        if (over) end_frames();
        return;
    }
    std::vector<asio::const_buffer> bytes;
    bytes.reserve(frames_.size());
    for (const auto& each : frames_)
        bytes.push_back(asio::buffer(*each));
    writing_ = true;
    wrote_at_ = loop_time();
    asio::async_write(socket_, bytes,
                      [self = shared_from_this()](const error_code& error, std::size_t) {
                          self->guarded([&] {
                              self->writing_ = false;
                              self->frames_.clear();
                              if (error) return self->close();
                              self->write_frames();
                          });
                      });
}

// The read that is under way goes on as the one of `linger`.
void session::end_frames() {
    close_stream();
    error_code ignored;
    socket_.shutdown(asio::socket_base::shutdown_send, ignored);
    enter(phase::lingering, linger_timeout);
}

void session::read_unasked() {
    buffer_.clear();
    socket_.async_read_some(buffer_.prepare(read_bytes_max),
                            [self = shared_from_this()](const error_code& error, std::size_t n) {
                                self->guarded([&] {
                                    self->lingered_ += n;
                                    if (error || self->lingered_ > unasked_bytes_max)
                                        return self->close();
                                    if (self->phase_ == phase::lingering) return self->linger();
                                    self->read_unasked();
                                });
                            });
}

}  // namespace townd::http
