#include "container/beast_client.hpp"

#include <openssl/ssl.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <deque>
#include <mutex>
#include <utility>
#include <vector>

#include "container/exchange.hpp"

namespace townd::container {
namespace {

namespace asio = boost::asio;

// Ten thousand calls begun in one turn of the loop stall every other socket for half a second.
constexpr std::size_t begun_per_turn_max = 64;
constexpr std::size_t waiting_max = 65'536;

// The part of the port that lives as long as any handler that knows it.
class hub : public std::enable_shared_from_this<hub> {
public:
    hub(asio::io_context& io, client_options options)
        : io_(io), setup_(std::make_shared<exchange_setup>(io, std::move(options))) {}

    void add(http_call request, exchange::done_callback done) {
        auto one = std::make_shared<exchange>(io_, setup_, std::move(request), std::move(done));
        const std::lock_guard lock(mutex_);
        if (waiting_.size() >= waiting_max) {
            asio::post(io_, [one] {
                one->finish(dispatch_error(error_code::internal, error_phase::prepare,
                                           blame::unknown, "too many container calls wait"));
            });
            return;
        }
        waiting_.push_back(std::move(one));
        if (!std::exchange(pumping_, true)) post_pump();
    }

    void shut() {
        setup_->closed = true;
        asio::post(io_, [self = shared_from_this()] { self->abandon_all(); });
    }

private:
    void post_pump() {
        asio::post(io_, [self = shared_from_this()] { self->pump(); });
    }

    void pump() {
        std::vector<std::shared_ptr<exchange>> batch;
        {
            const std::lock_guard lock(mutex_);
            while (batch.size() < begun_per_turn_max && !waiting_.empty()) {
                batch.push_back(std::move(waiting_.front()));
                waiting_.pop_front();
            }
            pumping_ = !waiting_.empty();
            if (pumping_) post_pump();
        }
        for (auto& one : batch)
            begin(std::move(one));
    }

    void begin(std::shared_ptr<exchange> one) {
        if (setup_->closed) return;
        try {
            remember(one);
            exchange::begin(io_, one);
        } catch (const std::exception& e) {
            one->finish(dispatch_error(error_code::internal, error_phase::prepare, blame::unknown,
                                       std::string("cannot begin a call: ") + e.what()));
        }
    }

    // Forgets the ended ones whenever the list has doubled: constant cost a call.
    void remember(const std::shared_ptr<exchange>& one) {
        if (live_.size() >= sweep_at_) {
            std::erase_if(live_, [](const auto& weak) { return weak.expired(); });
            sweep_at_ = std::max<std::size_t>(64, live_.size() * 2);
        }
        live_.push_back(one);
    }

    void abandon_all() {
        std::deque<std::shared_ptr<exchange>> dropped;
        {
            const std::lock_guard lock(mutex_);
            dropped.swap(waiting_);
        }
        for (const auto& weak : live_)
            if (const auto one = weak.lock()) one->abandon();
        live_.clear();
    }

    asio::io_context& io_;
    std::shared_ptr<exchange_setup> setup_;
    std::mutex mutex_;
    std::deque<std::shared_ptr<exchange>> waiting_;  // With mutex_.
    bool pumping_ = false;                           // With mutex_.
    std::vector<std::weak_ptr<exchange>> live_;      // On the io thread.
    std::size_t sweep_at_ = 64;
};

class beast_client final : public container_port {
public:
    beast_client(asio::io_context& io, client_options options)
        : hub_(std::make_shared<hub>(io, std::move(options))) {}
    ~beast_client() override { hub_->shut(); }
    beast_client(const beast_client&) = delete;
    beast_client& operator=(const beast_client&) = delete;

    void call(http_call request, std::function<void(http_answer)> done) override {
        hub_->add(std::move(request), std::move(done));
    }

private:
    std::shared_ptr<hub> hub_;
};

}  // namespace

exchange_setup::exchange_setup(asio::io_context& io, client_options given)
    : options(std::move(given)), tls(asio::ssl::context::tls_client), names(io) {
    boost::system::error_code ec;
    SSL_CTX_set_min_proto_version(tls.native_handle(), TLS1_2_VERSION);
    tls.set_verify_mode(asio::ssl::verify_peer, ec);
    if (!ec) tls.set_default_verify_paths(ec);
    if (ec) {
        tls_problem = "the system's certificates cannot be used: " + ec.message();
        return;
    }
    if (options.ca_file.empty()) return;
    tls.load_verify_file(options.ca_file, ec);
    if (ec) tls_problem = "ca_file " + options.ca_file + " cannot be read: " + ec.message();
}

std::unique_ptr<container_port> make_beast_client(asio::io_context& io, client_options options) {
    return std::make_unique<beast_client>(io, std::move(options));
}

}  // namespace townd::container
