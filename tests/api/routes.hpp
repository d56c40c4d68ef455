#pragma once
// A row for each route of the API: what it is for, one good request and the bad ones that a caller
// is likely to send. The rows are played on a fresh world each, checked, and shown in docs/api.md.

#include "api/world.hpp"

namespace townd::api_test {

/// One request with its answer, as the page shows it.
struct example {
    std::string path;
    json body;
    answer said;
};

/// A world to play a row on.
class stage final : public world {
public:
    stage(std::string method, std::string pattern);
    /// The route that is asked from now on.
    void turn_to(std::string method, std::string pattern);
    void TestBody() override {}

    using world::agent_token;
    using world::container_token;
    using world::erase;
    using world::fleet;
    using world::get;
    using world::in_store;
    using world::make_issue;
    using world::make_polecat;
    using world::make_rig;
    using world::patch;
    using world::post;
    using world::R;
    using world::rig;
    using world::start_session;
    using world::town;

    // Requests to the route of this row.
    /// Must be answered 200, or 201 where something is made.
    const json& good(const std::string& path, const json& body = nullptr,
                     const std::string& token = operators_token,
                     const std::map<std::string, std::string>& headers = {});
    /// Must be refused with this status. The text is one of ours, and is what `says` begins with.
    void bad(int status, const std::string& path, const json& body = nullptr,
             const std::string& says = "", const std::string& token = operators_token,
             const std::map<std::string, std::string>& headers = {});

    std::string T() const { return "/api/towns/" + town; }
    std::string P(const std::string& agent) const { return R + "/agents/" + agent; }
    std::string tools() const { return "/api/mayor/" + town + "/tools"; }
    std::string make_agent(const std::string& role);
    /// A polecat in a session on an issue; its id.
    std::string working_polecat(const std::string& dispatch = "d1");
    /// A merge request that the rig's refinery reviews in a session; `{agent, bead}`.
    std::pair<std::string, std::string> reviewing_refinery();
    std::string make_convoy(bool staged = false);
    std::string make_bead(const json& body);

    std::optional<example> shown;
    std::vector<example> refused;

private:
    answer send(const std::string& path, const json& body, const std::string& token,
                const std::map<std::string, std::string>& headers);
    std::string method_;
    std::string pattern_;
    json last_;
};

struct row {
    std::string method;
    std::string pattern;
    std::string what;  ///< For the page: one or two sentences.
    std::function<void(stage&)> play;
};

// In the order of the page.
std::vector<row> town_rows();
std::vector<row> bead_rows();
std::vector<row> decision_rows();
std::vector<row> agent_rows();
std::vector<row> report_rows();
std::vector<row> container_rows();
std::vector<row> mayor_rows();

struct chapter {
    std::string title;
    std::vector<row> rows;
};
const std::vector<chapter>& chapters();

/// The row's requests, played once a run.
const stage& played(const row& r);

/// The page's part that shows them.
std::string described(const std::vector<chapter>& all);

}  // namespace townd::api_test
