#include "sim/forge.hpp"

#include <utility>

#include "town/upkeep.hpp"

namespace townd::sim {
namespace {

constexpr std::string_view pr_prefix = "https://git.sim/pull/";
constexpr duration asked_again{15'000};
constexpr int posts_max = 400;

std::uint64_t number_of(std::string_view url) {
    std::uint64_t out = 0;
    for (const char c : url.substr(std::min(pr_prefix.size(), url.size())))
        out = out * 10 + static_cast<std::uint64_t>(c - '0');
    return out;
}

}  // namespace

std::string pr_url_of(std::uint64_t number) {
    return std::string{pr_prefix} + std::to_string(number);
}

std::uint64_t forge::open(std::uint32_t town) {
    row r;
    r.town = town;
    const int n = static_cast<int>(town);
    r.closes = stage_.chance.chance(stage_.faults.strength(n, fault::pr_closed));
    r.silent = stage_.chance.chance(stage_.faults.strength(n, fault::pr_silent));
    if (r.closes) stage_.struck(fault::pr_closed);
    if (r.silent) stage_.struck(fault::pr_silent);
    rows_.push_back(r);
    const std::uint64_t number = rows_.size();
    if (!r.silent)
        stage_.in(stage_.chance.between(duration{10'000}, duration{240'000}), kind::pr_due, town,
                  number);
    return number;
}

void forge::pr_due(std::uint64_t arg) {
    auto& r = rows_[arg - 1];
    if (r.state == pr_state::open) r.state = r.closes ? pr_state::closed : pr_state::merged;
    if (r.state == pr_state::merged) watch_->pull_request_merged(pr_url_of(arg));
    stage_.record(33, r.town, arg);
    stage_.line([&] {
        return town_name(static_cast<int>(r.town)) + " " + pr_url_of(arg) +
               (r.state == pr_state::merged ? " is merged" : " is closed");
    });
    if (!asks() && !r.told) post(arg);
}

// To the merge request that waits for it.
engine::town_work forge::news_of(std::uint64_t number) {
    return [this, number](town::context& ctx) -> result<json> {
        const auto& r = rows_[number - 1];
        pr_answer what;
        what.state = r.state;
        bool known = false;
        for (const auto& each : ctx.store.load_live().reviews) {
            if (each.pr_url != pr_url_of(number)) continue;
            town::pull_request_answered(ctx, each.id, what);
            known = true;
        }
        return json(known);
    };
}

// Said again until it was taken by who waits for it, if anybody ever does.
void forge::post(std::uint64_t number) {
    auto& r = rows_[number - 1];
    if (++r.posts > posts_max) return;
    stage_.in(asked_again, kind::pr_due, r.town, number);
    static_cast<void>(
        api_->call(r.town, news_of(number), [this, number](const result<json>& known) {
            if (known && known->get<bool>()) rows_[number - 1].told = true;
        }));
}

void forge::ask(std::string url, std::function<void(pr_answer)> done) {
    const std::uint64_t about = number_of(url);
    if (about == 0 || about > rows_.size()) {
        pr_answer unknown;
        unknown.trouble = pr_trouble::permanent;
        unknown.text = "there is no such pull request";
        done(unknown);
        return;
    }
    asked_[++questions_] = {about, std::move(done)};
    stage_.in(stage_.chance.between(duration{50}, duration{8'000}), kind::pr_asked,
              rows_[about - 1].town, questions_);
}

void forge::answer_due(std::uint64_t arg) {
    const auto found = asked_.find(arg);
    if (found == asked_.end()) return;
    const question q = std::move(found->second);
    asked_.erase(found);
    const auto& r = rows_[q.about - 1];
    pr_answer what;
    what.state = r.state;
    const double fails = stage_.faults.strength(static_cast<int>(r.town), fault::status_fails);
    if (stage_.chance.chance(fails * 0.5)) {
        what.trouble =
            stage_.chance.chance(0.9) ? pr_trouble::transient : pr_trouble::invalid_response;
        what.text = "the forge is not well";
    }
    q.done(what);
}

void forge::heal() {
    for (std::uint64_t number = 1; number <= rows_.size(); ++number) {
        auto& r = rows_[number - 1];
        if (!std::exchange(r.silent, false)) continue;
        stage_.in(stage_.chance.between(duration{1'000}, duration{60'000}), kind::pr_due, r.town,
                  number);
    }
}

}  // namespace townd::sim
