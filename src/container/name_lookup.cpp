#include "container/name_lookup.hpp"

#include <netdb.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <cerrno>
#include <cstring>
#include <deque>
#include <mutex>
#include <system_error>
#include <thread>
#include <unordered_map>
#include <utility>

namespace townd::container {
namespace {

namespace ip = boost::asio::ip;
constexpr std::size_t addresses_max = 16;

void add_address(const addrinfo& entry, lookup_result& out) {
    if (entry.ai_family == AF_INET) {
        sockaddr_in in{};
        std::memcpy(&in, entry.ai_addr, sizeof in);
        out.addresses.emplace_back(ip::address_v4(ntohl(in.sin_addr.s_addr)));
    } else if (entry.ai_family == AF_INET6) {
        sockaddr_in6 in{};
        std::memcpy(&in, entry.ai_addr, sizeof in);
        ip::address_v6::bytes_type bytes{};
        std::memcpy(bytes.data(), &in.sin6_addr, bytes.size());
        out.addresses.emplace_back(ip::address_v6(bytes, in.sin6_scope_id));
    }
}

lookup_result ask_system(const std::string& host) {
    lookup_result out;
    addrinfo hints{};
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_ADDRCONFIG;
    addrinfo* list = nullptr;
    const int rc = getaddrinfo(host.c_str(), nullptr, &hints, &list);
    const int saved = errno;
    if (rc == EAI_SYSTEM) {
        out.sys_errno = saved;
        out.problem = std::system_category().message(saved);
    } else if (rc != 0) {
        out.problem = gai_strerror(rc);
    }
    for (const addrinfo* at = list; at != nullptr && out.addresses.size() < addresses_max;
         at = at->ai_next)
        add_address(*at, out);
    if (list != nullptr) freeaddrinfo(list);
    if (out.addresses.empty() && out.problem.empty()) out.problem = "the name has no address";
    return out;
}

}  // namespace

struct name_lookup::shared : std::enable_shared_from_this<shared> {
    using waiter = std::function<void(const lookup_result&)>;

    explicit shared(boost::asio::io_context& io) : io_(&io) {}

    // All below with mutex_ held.
    void start_next();
    void deliver(const std::string& host, lookup_result found);

    void run(const std::string& host) {
        lookup_result found;
        try {
            found = ask_system(host);
        } catch (const std::exception& e) {
            found.addresses.clear();
            found.problem = e.what();
        }
        const std::lock_guard lock(mutex_);
        --running_;
        if (io_ == nullptr) return;
        deliver(host, std::move(found));
        start_next();
    }

    std::mutex mutex_;
    boost::asio::io_context* io_;  // Null once the owner is gone.
    std::unordered_map<std::string, std::vector<waiter>> waiters_;
    std::deque<std::string> queue_;
    std::size_t running_ = 0;
};

void name_lookup::shared::deliver(const std::string& host, lookup_result found) {
    auto node = waiters_.extract(host);
    if (node.empty()) return;
    boost::asio::post(*io_, [all = std::move(node.mapped()), found = std::move(found)] {
        for (const waiter& one : all)
            one(found);
    });
}

void name_lookup::shared::start_next() {
    while (running_ < threads_max && !queue_.empty()) {
        const std::string host = std::move(queue_.front());
        queue_.pop_front();
        try {
            std::thread([self = shared_from_this(), host] { self->run(host); }).detach();
            ++running_;
        } catch (const std::system_error& e) {
            lookup_result none;
            none.problem = std::string("no thread for the lookup: ") + e.what();
            none.sys_errno = e.code().value();
            deliver(host, std::move(none));
        }
    }
}

name_lookup::name_lookup(boost::asio::io_context& io) : shared_(std::make_shared<shared>(io)) {}

name_lookup::~name_lookup() {
    const std::lock_guard lock(shared_->mutex_);
    shared_->io_ = nullptr;
    shared_->waiters_.clear();
    shared_->queue_.clear();
}

void name_lookup::find(const std::string& host, std::function<void(const lookup_result&)> done) {
    const std::lock_guard lock(shared_->mutex_);
    const auto known = shared_->waiters_.find(host);
    if (known != shared_->waiters_.end()) {
        known->second.push_back(std::move(done));
        return;
    }
    if (shared_->queue_.size() >= waiting_names_max) {
        lookup_result none;
        none.problem = "too many names wait for the name server";
        boost::asio::post(*shared_->io_, [done = std::move(done), none] { done(none); });
        return;
    }
    shared_->waiters_[host].push_back(std::move(done));
    shared_->queue_.push_back(host);
    shared_->start_next();
}

}  // namespace townd::container
