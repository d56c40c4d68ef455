// How an exchange names what went wrong.

#include <boost/asio/error.hpp>
#include <boost/asio/ssl/error.hpp>

#include "container/exchange.hpp"

namespace townd::container {
namespace {

namespace asio = boost::asio;

std::string raw(const boost::system::error_code& ec) {
    return ec.message() + " (" + ec.category().name() + ":" + std::to_string(ec.value()) + ")";
}

std::string print(const asio::ip::tcp::endpoint& at) {
    const std::string host = at.address().to_string();
    return (at.address().is_v6() ? "[" + host + "]" : host) + ":" + std::to_string(at.port());
}

}  // namespace

std::string span_words(duration span) {
    if (span.count() % 1000 == 0) return std::to_string(span.count() / 1000) + " s";
    return std::to_string(span.count()) + " ms";
}

transport_failure name_failure(const boost::system::error_code& ec, error_phase phase,
                               bool request_sent) {
    namespace error = asio::error;
    const std::string text = ec.message();
    if (ec == error::connection_refused) return {error_code::connect_refused, text};
    if (ec == error::host_unreachable || ec == error::network_unreachable ||
        ec == error::network_down || ec == boost::system::errc::address_not_available ||
        ec == boost::system::errc::address_family_not_supported ||
        ec == boost::system::errc::permission_denied ||
        ec == boost::system::errc::operation_not_permitted)
        return {error_code::connect_unreachable, text};
    if (ec == boost::system::errc::too_many_files_open ||
        ec == boost::system::errc::too_many_files_open_in_system)
        return {error_code::internal, text + ": raise the limit of open files (LimitNOFILE)"};
    if (ec == error::timed_out) {
        if (phase <= error_phase::tls) return {error_code::connect_timeout, text};
        if (phase == error_phase::write) return {error_code::write_failed, text};
        if (phase == error_phase::header) return {error_code::header_timeout, text};
        return {error_code::body_timeout, text};
    }
    if (phase == error_phase::write && !request_sent) return {error_code::write_failed, text};
    if (ec == error::connection_reset || ec == error::broken_pipe ||
        ec == error::connection_aborted)
        return {error_code::reset, text};
    if (phase == error_phase::write) return {error_code::write_failed, raw(ec)};
    if (ec.category() == asio::error::get_ssl_category()) return {error_code::tls_failed, raw(ec)};
    return {error_code::unknown, raw(ec)};
}

bool exchange::fail(dispatch_error error) {
    error.endpoint = answer_.endpoint;
    if (answer_.status && !error.http_status) error.http_status = answer_.status;
    leave(true);
    error_ = std::move(error);
    return false;
}

bool exchange::fail(error_code code, std::string_view text) {
    const blame whose = code == error_code::internal || code == error_code::unknown
                            ? blame::unknown
                            : blame::infrastructure;
    return fail(dispatch_error(code, phase_, whose, text));
}

bool exchange::fail_connect(const asio::ip::tcp::endpoint& to) {
    std::string at = print(to);
    if (at != answer_.endpoint) at = answer_.endpoint + " (" + to.address().to_string() + ")";
    if (expired_)
        return fail(error_code::connect_timeout,
                    "connect " + at + ": no answer within " +
                        span_words(std::min(request_.connect_timeout, request_.total_timeout)));
    const auto why = name_failure(ec_, phase_, false);
    fail(why.code, "connect " + at + ": " + why.text);
    if (ec_.category() == boost::system::system_category()) error_->sys_errno = ec_.value();
    if (why.code == error_code::internal) error_->who = blame::config;
    return false;
}

bool exchange::fail_handshake() {
    const std::string start = "TLS with " + answer_.endpoint + ": ";
    if (expired_)
        return fail(error_code::connect_timeout,
                    start + "not done within " +
                        span_words(std::min(request_.connect_timeout, request_.total_timeout)));
    if (ec_ == asio::error::eof || ec_ == asio::ssl::error::stream_truncated)
        return fail(error_code::tls_failed, start + "the peer closed the connection");
    if (ec_.category() == boost::system::system_category()) {
        const auto why = name_failure(ec_, phase_, false);
        fail(why.code, start + why.text);
        error_->sys_errno = ec_.value();
        return false;
    }
    std::string text = start + ec_.message();
    const long verdict = SSL_get_verify_result(tls_->native_handle());
    if (verdict != X509_V_OK) {
        text += ": ";
        text += X509_verify_cert_error_string(verdict);
    }
    return fail(error_code::tls_failed, text);
}

bool exchange::fail_transport() {
    const std::string& at = answer_.endpoint;
    if (reader_) reader_->fill(answer_);
    if (expired_) {
        const std::string within = " within " + span_words(request_.total_timeout);
        if (phase_ == error_phase::write)
            return fail(error_code::write_failed, "write to " + at + ": not taken" + within);
        if (phase_ == error_phase::header)
            return fail(error_code::header_timeout, "no answer from " + at + within + " (header)");
        return fail(error_code::body_timeout,
                    "answer of " + at + " did not end" + within + " (body)");
    }
    const auto why = name_failure(ec_, phase_, answer_.request_sent);
    const char* doing = phase_ == error_phase::write ? "write to " : "read from ";
    fail(why.code, doing + at + ": " + why.text);
    if (ec_.category() == boost::system::system_category()) error_->sys_errno = ec_.value();
    return false;
}

}  // namespace townd::container
