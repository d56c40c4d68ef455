#pragma once
// Judges what a town keeps in order beside its starts: reviews, convoys, triage, nudges, drains,
// restarts, tokens, the agents that it sweeps up. Like the oracle, by what is durable and by what
// is asked of containers.

#include <deque>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "sim/agents.hpp"
#include "sim/row_watch.hpp"
#include "sim/stage.hpp"

namespace townd::sim {

class town_judge {
public:
    explicit town_judge(stage& on);

    // What is durable.
    void opened(std::uint32_t town, store::town_store& file);
    void closed(std::uint32_t town) { towns_[town].file = nullptr; }
    void committed(std::uint32_t town, const std::vector<row_change>& changes);
    // What is asked and said.
    void start_sent(const start_seen& what);
    void restart_asked(std::uint32_t town);
    void token_sent(std::uint32_t town);
    void progressed(const start_seen& what, instant last_event);
    void merged(std::uint32_t town, const bead_id& request);
    void pull_request_merged(const std::string& url) { merged_.insert(url); }
    // What the daemon does.
    void cycle_over(std::uint32_t town);
    void sweep(std::uint32_t town);
    /// The daemon stood still or was away: nothing is late before it had its time.
    void daemon_back();

    /// Merge requests of the bead that failed.
    [[nodiscard]] int failed_reviews(std::uint32_t town, std::string_view bead) const;
    /// Somebody with a say ended the bead.
    [[nodiscard]] bool was_ended(std::uint32_t town, std::string_view bead) const;
    void ended_by_word(std::uint32_t town, const bead_id& bead);
    /// A person deletes the agent, whatever it did last.
    void deleted_by_word(std::uint32_t town, const agent_id& agent) {
        towns_[town].agents.erase(agent);
    }
    /// Beads that wait for a person: parked, or for something parked or failed.
    [[nodiscard]] std::set<std::string, std::less<>> held(std::uint32_t town) const;
    [[nodiscard]] bool is_pr(std::uint32_t town, std::string_view request) const;
    /// Why the town is not at rest; empty when it is.
    [[nodiscard]] std::string unsettled(std::uint32_t town,
                                        const std::set<std::string, std::less<>>& held) const;

private:
    struct thing {
        bead_type type = bead_type::issue;
        bead_status status = bead_status::open;
        bool parked = false;
        bool notice = false;   ///< A letter that starts nobody.
        bool request = false;  ///< Of triage.
        bool batch = false;
        bool by_word = false;  ///< Somebody with a say ended it.
        std::optional<agent_id> assignee;
        std::optional<instant> closed_at;
        std::string reason;
        std::string source;         ///< Merge request: what it reviews.
        std::set<std::string> prs;  ///< Merge request: the addresses of its pull requests.
        bool merged = false;        ///< Merge request: somebody did it.
        int rounds = 0;             ///< Merge request: changes were wanted.
        int failed_reviews = 0;     ///< Issue.
        int requests = 0;           ///< Issue: triage was called for it.
        int batches = 0;            ///< Triage request.
    };
    struct convoy_row {
        bool by_review = true;
        std::vector<bead_id> members;
        std::vector<bead_id> landings;   ///< Merge requests.
        std::vector<instant> landed_at;  ///< When each was made.
    };
    struct agent_row {
        std::string hook;
        bool mayor = false;
        instant used{};          ///< Last put with work or a status other than idle.
        instant progress{};      ///< Last that was told.
        int nudges[2] = {0, 0};  ///< Since then, by tier.
    };
    struct broken_row {
        instant since{};
        std::string sentence;
    };
    struct town_row {
        store::town_store* file = nullptr;
        std::unordered_map<std::string, thing> things;
        std::map<std::string, convoy_row, std::less<>> convoys;
        std::map<std::string, agent_row, std::less<>> agents;
        std::vector<std::pair<bead_id, bead_id>> waits;  ///< Who waits, for whom.
        std::map<std::string, broken_row> broken;        ///< Invariants.
        std::string drain;                               ///< Nonce; empty: none.
        instant drain_since{};
        std::deque<instant> restarts;
        std::deque<instant> tokens;
        instant back_at{};  ///< The daemon works on it since then.
    };

    void take(std::uint32_t town, const bead_put& put);
    void take(std::uint32_t town, const bead_gone& gone);
    void take(std::uint32_t, const dispatch_put&) {}
    void take(std::uint32_t town, const agent_put& put);
    void take(std::uint32_t, const breaker_put&) {}
    void take(std::uint32_t, const stop_put&) {}
    void take(std::uint32_t town, const agent_gone& gone);
    void take(std::uint32_t town, const review_put& put);
    void take(std::uint32_t town, const convoy_put& put);
    void take(std::uint32_t town, const edge_put& put);
    void take(std::uint32_t town, const nudge_put& put);
    void take(std::uint32_t town, const value_put& put);
    void check_swept(std::uint32_t town, const agent_gone& gone);
    void take_triage(std::uint32_t town, const bead& b, thing& row, bool fresh);
    void request_ended(std::uint32_t town, const bead& b, const thing& row);
    void convoy_ended(std::uint32_t town, const bead& b);
    void check_landing(std::uint32_t town, const bead_id& id, const convoy_row& row);
    void check_rate(std::uint32_t town, std::deque<instant>& seen, duration window, int most,
                    std::string_view invariant, std::string_view what);
    [[nodiscard]] const thing* find(std::uint32_t town, std::string_view id) const;
    void broke(std::string_view invariant, std::uint32_t town, std::string sentence) {
        stage_.broke(invariant, town_name(static_cast<int>(town)), std::move(sentence));
    }

    stage& stage_;
    std::vector<town_row> towns_;
    std::set<std::string, std::less<>> merged_;  ///< Pull requests.
};

}  // namespace townd::sim
