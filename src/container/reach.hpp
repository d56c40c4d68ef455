#pragma once
// Which addresses may never be called, whatever name they hide behind.

#include <boost/asio/ip/address.hpp>
#include <optional>
#include <string_view>

namespace townd::container {

/// Why `address` is refused; empty when it may be called. Refused: 0/8, 169.254/16, multicast,
/// broadcast, fe80::/10, and the same within IPv4-mapped, -compatible and NAT64 addresses. Asked
/// again for every address that a name resolves to: a check of the text alone is no check.
[[nodiscard]] std::optional<std::string_view> refused_address(
    const boost::asio::ip::address& address);

}  // namespace townd::container
