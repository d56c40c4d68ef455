#include <boost/asio/ip/address.hpp>
#include <charconv>

#include "http/server.hpp"

namespace townd::http {
namespace {

failure not_an_address(std::string_view text, std::string_view why) {
    return {errc::invalid, "cannot listen on '" + clean_text(text, 200) + "': " + std::string{why} +
                               "; write it as 127.0.0.1:8787, [::1]:8787 or unix:/path"};
}

}  // namespace

result<listen_address> parse_listen(std::string_view text) {
    const auto colon = text.rfind(':');
    if (colon == std::string_view::npos) return not_an_address(text, "the port is missing");
    auto host = text.substr(0, colon);
    const auto port = text.substr(colon + 1);
    if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
        host = host.substr(1, host.size() - 2);
    } else if (host.find_first_of(":[]") != std::string_view::npos) {
        return not_an_address(text, "an IPv6 address needs brackets");
    }
    if (host.empty())
        return not_an_address(text, "the host is missing (0.0.0.0 for every address)");
    listen_address out;
    const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), out.port);
    if (error != std::errc{} || end != port.data() + port.size() || port.empty())
        return not_an_address(text, "the port must be a number from 0 to 65535");
    out.host = host;
    return out;
}

bool is_loopback(std::string_view host) noexcept {
    if (host == "localhost") return true;
    if (host.size() > 64) return false;
    try {
        boost::system::error_code error;
        const auto address = boost::asio::ip::make_address(host, error);
        return !error && address.is_loopback();
    } catch (...) {
        return false;
    }
}

}  // namespace townd::http
