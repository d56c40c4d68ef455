#pragma once
// Forms of addresses and URLs in townd.yaml. Each check answers what is wrong with the remedy in
// brackets, or nothing. Values that could hold a secret are not repeated.

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace townd::config {

struct listen_address {
    std::string host;  ///< Without brackets.
    int port = 0;      ///< 0..65535; 0 lets the system choose.
};
/// `host:port` or `[v6]:port`.
[[nodiscard]] std::optional<listen_address> parse_listen(std::string_view text);
/// 127.0.0.0/8, ::1 or localhost: reachable from this machine only.
[[nodiscard]] bool is_loopback(const listen_address& address);

[[nodiscard]] std::string check_listen(std::string_view text);
/// http or https, a host, no user, query or fragment.
[[nodiscard]] std::string check_public_url(std::string_view text);
/// The same, with `{town}` allowed after the scheme.
[[nodiscard]] std::string check_container_url(std::string_view text);

/// The nearest of `words` when it is near enough to be meant; empty otherwise.
[[nodiscard]] std::string_view nearest(std::string_view word,
                                       const std::vector<std::string_view>& words);

/// `a, b or c`.
[[nodiscard]] std::string listed(std::span<const std::string_view> words);

}  // namespace townd::config
