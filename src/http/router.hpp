#pragma once
// The table of routes of one face.

#include <string>
#include <string_view>
#include <vector>

#include "http/message.hpp"

namespace townd::http {

/// Finds the handler for a request. Filled before the server starts, constant afterwards; `dispatch`
/// may then be called from any thread.
class router {
public:
    /// `pattern` as `/api/towns/:town/rigs/:rig/beads`; a last part `*rest` takes all that follows.
    void add(std::string_view method, std::string_view pattern, handler serve);
    /// What answers a path that no route knows, and a known path with another method (`allow` is the
    /// list for the Allow header). Defaults are plain JSON errors.
    void on_unknown(handler serve);
    void on_wrong_method(std::function<response(const request&, std::string allow)> serve);

    /// Serves the request. HEAD is served by GET's handler. Exceptions of a handler become a 500.
    void dispatch(request call, responder reply) const;

private:
    struct route {
        std::string method;
        std::vector<std::string> parts;
        handler serve;
    };
    std::vector<route> routes_;
    handler unknown_;
    std::function<response(const request&, std::string)> wrong_method_;
};

}  // namespace townd::http
