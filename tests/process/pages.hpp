#pragma once
// What the pages' API says of a town, for those who compare it with what was done.

#include <string>
#include <string_view>
#include <vector>

#include "json/json.hpp"
#include "process/daemon_process.hpp"
#include "process/http_client.hpp"

namespace townd::test {

/// Of /debug/v1. All null, or empty, while they cannot be had.
class pages {
public:
    explicit pages(const daemon_process& of) : at_(of.pages()) {}

    json get(const std::string& target) const { return http_get(at_, target).parsed(); }
    int status(const std::string& target) const { return http_get(at_, target).status; }
    json bead(const std::string& town, const std::string& id) const;
    json explain(const std::string& town, const std::string& bead) const;
    json town(const std::string& id) const;
    /// Newest first; of the whole town without `bead`. At most 1,000.
    std::vector<json> attempts(const std::string& town, const std::string& bead = {}) const;
    json container_breaker(const std::string& town) const;
    /// Every breaker of the town that remembers something.
    std::vector<json> breakers(const std::string& town) const;
    bool alive() const { return status("/livez") == 200; }

private:
    std::string at_;
};

/// Text under `key`, or nothing; never a crash on another form.
inline std::string said(const json& object, std::string_view key) {
    return text_at(object, key).value_or("");
}

/// The member `key`; null without one.
inline json member(const json& object, const std::string& key) {
    return object.is_object() && object.contains(key) ? object[key] : json();
}

}  // namespace townd::test
