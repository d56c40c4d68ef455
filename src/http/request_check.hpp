#pragma once
// Whether a request's header is plain HTTP/1.1 for us. Beast 1.81 lets pass what a proxy in front
// may read in another way (request smuggling), and what only a hostile page would send (DNS
// rebinding).

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http/message.hpp"
#include "http/server.hpp"

namespace townd::http {

/// A header as it was parsed, fields in the order of arrival.
struct raw_head {
    std::string method;
    std::string target;
    bool http_11 = true;
    bool folded = false;  ///< A field went on in a second line (obs-fold).
    std::vector<std::pair<std::string, std::string>> fields;
};

/// Which values of Host are ours.
class host_list {
public:
    host_list() = default;
    host_list(const std::vector<std::string>& hosts, std::uint16_t port);
    /// `local` is the numeric address that the connection came in on.
    [[nodiscard]] bool has(std::string_view host, std::string_view local) const;

private:
    std::set<std::string, std::less<>> names_;
    std::uint16_t port_ = 0;
};

/// An answer in place of the handler's; the connection is closed after it.
struct refusal {
    int status = 400;
    std::string why;
};

struct checked_request {
    request call;  ///< As far as it could be read when refused. No body, no peer.
    std::optional<refusal> no;
    bool chunked = false;
    std::size_t body_bytes = 0;    ///< Content-Length, 0 without one.
    bool awaits_continue = false;  ///< Expect: 100-continue.
};

/// `hosts` null: any host.
[[nodiscard]] checked_request check_request(const raw_head& head, const server_limits& limits,
                                            const host_list* hosts, std::string_view local);

}  // namespace townd::http
