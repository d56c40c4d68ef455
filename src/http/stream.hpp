#pragma once
// A response without an end: frames of text, written as they come.
//
// A producer gives frames from any thread and never waits. Each client has a queue of its own with
// a bound; one that does not read fast enough is told so by `parting` and closed.

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace townd::http {

class stream {
public:
    static constexpr std::size_t frames_max = 256;
    using frame = std::shared_ptr<const std::string>;  ///< Many clients may share one.

    struct plan {
        /// Written when nothing else was for 15 s, so that both ends know that the other lives.
        std::string heartbeat;
        /// Takes the place of all that waits when the client is too slow.
        std::string parting;
        /// Called about four times a second while a client is attached, on the server's thread:
        /// must be quick. It may send.
        std::function<void()> on_time;
        /// How many frames were thrown away for it. Called under a lock: must only count.
        std::function<void(std::size_t frames)> on_dropped;
    };

    explicit stream(plan how) : how_(std::move(how)) {}
    stream(const stream&) = delete;
    stream& operator=(const stream&) = delete;

    /// Any thread. False: it is over, and the frame was dropped.
    bool send(frame what);
    bool send(std::string what) {
        return send(std::make_shared<const std::string>(std::move(what)));
    }
    /// Nothing more is taken; the client is closed once it has what waits. Any thread.
    void end();
    /// True when the client went, was too slow, or `end` was called. Any thread.
    [[nodiscard]] bool over() const;
    /// How many frames `send` takes now before the client counts as too slow.
    [[nodiscard]] std::size_t room() const;

    // The session's side.

    /// `wake` is called, under a lock, when there is something to take: must only post.
    void attach(std::function<void()> wake);
    /// The client is gone.
    void detach() noexcept;
    /// All that waits.
    [[nodiscard]] std::vector<frame> take();
    [[nodiscard]] const plan& how() const noexcept { return how_; }

private:
    void wake();

    const plan how_;
    mutable std::mutex mutex_;
    std::deque<frame> waiting_;   // Guarded by mutex_, as all below.
    std::function<void()> wake_;  // Empty: nobody is attached, or it was called already.
    bool woken_ = false;
    bool over_ = false;
};

}  // namespace townd::http
