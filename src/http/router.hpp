#pragma once
// The table of routes of one face.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/message.hpp"

namespace townd::http {

/// Finds the handler for a request. Filled before the server starts, constant afterwards;
/// `dispatch` may then be called from any thread.
class router {
public:
    /// `pattern` as `/api/towns/:town/rigs/:rig/beads`; a last part `*rest` takes all that follows,
    /// which may be nothing. A `:name` part never matches an empty one. A literal part wins over a
    /// `:name`, a `:name` over `*rest`, in whatever order they were added. `/debug` and `/debug/`
    /// are two routes. Parts are compared after decoding each: `%2F` stays inside its part.
    void add(std::string_view method, std::string_view pattern, handler serve);
    /// Is asked before any handler, and before an unknown path is called so. An answer of its goes
    /// out in place of theirs.
    void before(std::function<std::optional<response>(const request&)> door);
    /// What answers a path that no route knows, and a known path with another method (`allow` is
    /// the list for the Allow header). Defaults are plain JSON errors.
    void on_unknown(handler serve);
    void on_wrong_method(std::function<response(const request&, std::string allow)> serve);

    /// Serves the request. HEAD is served by GET's handler, which sees the method HEAD; the session
    /// leaves the body out. Exceptions of a handler become a 500.
    void dispatch(request call, responder reply) const;

    /// The pattern that the request's path matches, for labels that must be few; empty: none does.
    [[nodiscard]] std::string_view pattern_of(const request& call) const;

    /// Method and pattern of every route, for what describes them.
    [[nodiscard]] std::vector<std::pair<std::string, std::string>> routes() const;

private:
    struct route {
        std::string method;
        std::string pattern;
        std::vector<std::string> parts;
        handler serve;
    };
    [[nodiscard]] std::vector<const route*> matches(const std::vector<std::string>& parts) const;

    std::vector<route> routes_;  // The most specific first.
    std::function<std::optional<response>(const request&)> door_;
    handler unknown_;
    std::function<response(const request&, std::string)> wrong_method_;
};

}  // namespace townd::http
