#pragma once
// A plain blocking caller over sockets, one connection per call; and the town API in words.

#include <map>
#include <string>
#include <vector>

#include "json/json.hpp"

namespace townd::test {

struct http_reply {
    int status = 0;                              ///< 0: there was no answer.
    std::map<std::string, std::string> headers;  ///< Names in lower case.
    std::string body;

    /// The body; null when it is no JSON.
    json parsed() const;
    /// Its member `data`; null without one.
    json data() const;
};

/// `address`: `127.0.0.1:port` or `unix:/path`. Gives up after 10 s of silence.
http_reply http_send(const std::string& address, const std::string& method,
                     const std::string& target, const std::string& body = {},
                     const std::vector<std::string>& header_lines = {});
/// Sends these bytes and nothing else; what came back until the other end closed.
std::string http_exchange(const std::string& address, const std::string& bytes);
/// The first answer in it; status 0 when it is none, or cut short.
http_reply parse_reply(const std::string& text);
http_reply http_get(const std::string& address, const std::string& target);

/// One town and one rig of it, through the API. Every call fails softly: look at the status.
class town_caller {
public:
    /// Makes a town whose container is at `container_url`, and a rig. `id()` is empty when that
    /// failed.
    static town_caller make(const std::string& api, const std::string& container_url);

    const std::string& id() const { return town_; }
    const std::string& rig() const { return rig_; }
    /// After a restart on another address.
    void move_to(const std::string& api) { api_ = api; }

    /// The bead's id, or nothing when there was no 201.
    std::string make_bead(const std::string& title, json more = json::object()) const;
    json bead(const std::string& id) const;
    std::string status(const std::string& bead) const;
    http_reply call(const std::string& method, const std::string& below_rig,
                    const json& body = json()) const;
    http_reply town_call(const std::string& method, const std::string& below_town,
                         const json& body = json()) const;
    std::string rig_path() const { return "/api/towns/" + town_ + "/rigs/" + rig_; }

private:
    std::string api_;
    std::string town_;
    std::string rig_;
};

/// All attempts of a town, newest first, from the pages' API. Null when it cannot be read.
json attempts(const std::string& pages, const std::string& town);

}  // namespace townd::test
