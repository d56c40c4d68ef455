#pragma once
// Where the towns' pull requests are: merged, closed or left alone after a while. Some worlds ask
// it, in the others it posts its news.

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "sim/agents.hpp"
#include "sim/api.hpp"
#include "sim/stage.hpp"
#include "townd/port/pull_requests.hpp"

namespace townd::sim {

[[nodiscard]] std::string pr_url_of(std::uint64_t number);

class forge final : public pr_desk, public pull_requests {
public:
    explicit forge(stage& on) : stage_(on) {}
    void reach(town_api& api, session_watch& watch) {
        api_ = &api;
        watch_ = &watch;
    }

    [[nodiscard]] std::uint64_t open(std::uint32_t town) override;
    [[nodiscard]] bool asks() const noexcept override { return stage_.options.forge_answers; }
    void ask(std::string url, std::function<void(pr_answer)> done) override;
    /// The daemon is gone: nobody waits for answers.
    void drop_callers() { asked_.clear(); }
    void pr_due(std::uint64_t arg);
    void answer_due(std::uint64_t arg);
    /// What was left alone is looked at.
    void heal();

private:
    struct row {
        std::uint32_t town = 0;
        pr_state state = pr_state::open;
        bool silent = false;
        bool closes = false;
        bool told = false;
        int posts = 0;
    };
    struct question {
        std::uint64_t about = 0;
        std::function<void(pr_answer)> done;
    };
    void post(std::uint64_t number);
    [[nodiscard]] engine::town_work news_of(std::uint64_t number);

    stage& stage_;
    town_api* api_ = nullptr;
    session_watch* watch_ = nullptr;
    std::vector<row> rows_;  // By number, from 1.
    std::map<std::uint64_t, question> asked_;
    std::uint64_t questions_ = 0;
};

}  // namespace townd::sim
