#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <cstdint>

#include "container/beast_client.hpp"
#include "container/reach.hpp"

namespace townd::container {
namespace {

namespace ip = boost::asio::ip;
constexpr std::size_t url_bytes_max = 2048;
constexpr std::size_t host_bytes_max = 253;

failure bad(std::string why) {
    return failure(errc::invalid, "container_url: " + std::move(why));
}

bool is_host_char(char c) noexcept {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_';
}

std::string lower(std::string_view text) {
    std::string out{text};
    for (char& c : out)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return out;
}

std::optional<std::string_view> refused_v4(std::uint32_t address) noexcept {
    if (address >> 24 == 0) return "0/8 is no host";
    if (address >> 16 == 0xA9FE) return "169.254/16 is link-local (cloud metadata)";
    if (address >> 28 == 0xE) return "224/4 is multicast";
    if (address == 0xFFFFFFFF) return "255.255.255.255 is broadcast";
    return std::nullopt;
}

result<std::uint16_t> read_port(std::string_view text) {
    if (text.empty() || text.size() > 5 ||
        text.find_first_not_of("0123456789") != std::string_view::npos)
        return bad("the port must be a number from 1 to 65535");
    const int port = std::stoi(std::string{text});
    if (port < 1 || port > 65535) return bad("the port must be a number from 1 to 65535");
    return static_cast<std::uint16_t>(port);
}

// `authority` is host, [v6], each with an optional port.
result<void> read_authority(std::string_view authority, container_url& url) {
    std::string_view port;
    bool has_port = false;
    if (!authority.empty() && authority.front() == '[') {
        const std::size_t close = authority.find(']');
        if (close == std::string_view::npos) return bad("a `[` without `]`");
        url.host = lower(authority.substr(1, close - 1));
        boost::system::error_code ec;
        ip::make_address_v6(url.host, ec);
        if (ec || url.host.find('%') != std::string::npos)
            return bad("what stands in brackets is no IPv6 address");
        std::string_view rest = authority.substr(close + 1);
        if (!rest.empty() && rest.front() != ':') return bad("something stands after the `]`");
        has_port = !rest.empty();
        if (has_port) port = rest.substr(1);
    } else {
        const std::size_t colon = authority.find(':');
        has_port = colon != std::string_view::npos;
        if (has_port) port = authority.substr(colon + 1);
        url.host = lower(authority.substr(0, colon));
        if (url.host.empty()) return bad("the host is missing");
        if (!std::all_of(url.host.begin(), url.host.end(), is_host_char))
            return bad("the host `" + clean_text(url.host, 64) +
                       "` has a character that no host has");
    }
    if (url.host.size() > host_bytes_max) return bad("the host is longer than 253 bytes");
    if (!has_port) return {};
    const auto number = read_port(port);
    if (!number) return number.error();
    url.port = *number;
    return {};
}

}  // namespace

std::optional<std::string_view> refused_address(const ip::address& address) {
    if (address.is_v4()) return refused_v4(address.to_v4().to_uint());
    const ip::address_v6 v6 = address.to_v6();
    if (v6.is_loopback()) return std::nullopt;
    if (v6.is_multicast()) return "ff00::/8 is multicast";
    if (v6.is_link_local()) return "fe80::/10 is link-local";
    const auto bytes = v6.to_bytes();
    const bool zeros =
        std::all_of(bytes.begin(), bytes.begin() + 10, [](auto b) { return b == 0; });
    const bool mapped = zeros && bytes[10] == 0xFF && bytes[11] == 0xFF;
    const bool compatible = zeros && bytes[10] == 0 && bytes[11] == 0;
    const bool translated =
        bytes[0] == 0 && bytes[1] == 0x64 && bytes[2] == 0xFF && bytes[3] == 0x9B &&
        std::all_of(bytes.begin() + 4, bytes.begin() + 12, [](auto b) { return b == 0; });
    if (!mapped && !compatible && !translated) return std::nullopt;
    const ip::address_v4 inner({bytes[12], bytes[13], bytes[14], bytes[15]});
    return refused_v4(inner.to_uint());
}

std::string container_url::host_port() const {
    const bool v6 = host.find(':') != std::string::npos;
    return (v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

result<container_url> parse_container_url(std::string_view text) {
    if (text.empty()) return bad("it is empty; set it as http://host:port");
    if (text.size() > url_bytes_max) return bad("longer than 2048 bytes");
    for (const char c : text)
        if (c <= ' ' || c >= 0x7F || c == '\\')
            return bad("a blank, backslash or non-ASCII character");
    container_url url;
    const std::size_t colon = text.find("://");
    const std::string scheme = lower(text.substr(0, colon == std::string_view::npos ? 0 : colon));
    if (scheme != "http" && scheme != "https") return bad("the scheme must be http or https");
    url.tls = scheme == "https";
    url.port = url.tls ? 443 : 80;
    std::string_view rest = text.substr(colon + 3);
    // Not echoed: what stands before an `@` may be a password.
    if (rest.find('@') != std::string_view::npos) return bad("user info (`@`) is not allowed");
    if (rest.find('#') != std::string_view::npos) return bad("a fragment (`#`) is not allowed");
    if (rest.find('?') != std::string_view::npos) return bad("a query (`?`) is not allowed");
    const std::size_t slash = rest.find('/');
    if (auto read = read_authority(rest.substr(0, slash), url); !read) return read.error();
    if (slash != std::string_view::npos) url.path = rest.substr(slash);
    while (!url.path.empty() && url.path.back() == '/')
        url.path.pop_back();
    boost::system::error_code ec;
    const ip::address literal = ip::make_address(url.host, ec);
    if (!ec)
        if (const auto why = refused_address(literal))
            return bad("the host " + url.host + " is refused: " + std::string{*why});
    return url;
}

}  // namespace townd::container
