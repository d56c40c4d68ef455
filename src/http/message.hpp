#pragma once
// A request and a response as the faces see them: no Beast, no sockets.

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "json/json.hpp"
#include "townd/words/error.hpp"

namespace townd::http {

struct request {
    std::string method;    ///< Upper case.
    std::string path;      ///< Percent-decoded, begins with `/`; no query.
    std::string raw_path;  ///< As it was sent; the router splits this one. Empty: same as `path`.
    std::map<std::string, std::string, std::less<>> query;    ///< Decoded; the first of equal keys.
    std::map<std::string, std::string, std::less<>> headers;  ///< Names in lower case.
    std::string body;
    std::string peer;                       ///< Address of the caller, or `unix`.
    bool from_socket = false;               ///< Came over a unix socket.
    std::optional<std::uint32_t> peer_uid;  ///< Who, on a unix socket (SO_PEERCRED).
    std::map<std::string, std::string, std::less<>> params;  ///< `:name` parts of the route.

    [[nodiscard]] std::string_view header(std::string_view lower_case_name) const;
    [[nodiscard]] std::string param(std::string_view name) const;
    [[nodiscard]] std::optional<std::string> query_text(std::string_view name) const;
};

class stream;

struct response {
    int status = 200;
    std::string content_type = "application/json";
    std::string body;
    std::vector<std::pair<std::string, std::string>> headers;
    /// The body, when it has no end: `body` is left out, and the connection closes after it.
    std::shared_ptr<http::stream> stream = {};
};

/// Answers a request: any thread, exactly once. A second call is ignored. A responder that is
/// dropped unanswered, or not called before the server's answer deadline, becomes a 503.
using responder = std::function<void(response)>;
using handler = std::function<void(request, responder)>;

[[nodiscard]] response json_response(int status, const json& body);
[[nodiscard]] response text_response(int status, std::string body);
/// The status that stands for a kind of failure (400, 401, 403, 404, 409, 413, 503, 500).
[[nodiscard]] int status_of(errc kind) noexcept;

}  // namespace townd::http
