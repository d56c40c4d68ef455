// One operator's word for many breakers. They are asked town by town; a reset or probe of many is
// spread over half a minute, so that what was down does not get everything back in one second.

#include <atomic>
#include <map>
#include <mutex>
#include <utility>

#include "engine/operator_desk.hpp"
#include "engine/operator_work.hpp"

namespace townd::engine {
namespace {

constexpr std::size_t at_once_max = 10;  // More than these are spread.
constexpr duration spread_over{30'000};
constexpr std::size_t refusals_told_max = 20;

using found_breakers = std::vector<std::pair<town_id, std::string>>;

bool starts_work(operator_verb v) {
    return v == operator_verb::reset || v == operator_verb::probe;
}

std::map<town_id, std::vector<aimed_breaker>> aim(const found_breakers& found, operator_verb verb,
                                                  instant now) {
    const bool spread = starts_work(verb) && found.size() > at_once_max;
    std::map<town_id, std::vector<aimed_breaker>> out;
    for (std::size_t i = 0; i < found.size(); ++i) {
        // The first is not due at once, either: with a time ahead a reset waits for a probe.
        const auto step = spread_over * static_cast<std::int64_t>(i + 1) /
                          static_cast<std::int64_t>(found.size());
        out[found[i].first].emplace_back(found[i].second, spread ? now + step : now);
    }
    return out;
}

json before_of(const found_breakers& found, std::size_t towns) {
    json out;
    out["breakers"] = found.size();
    out["towns"] = towns;
    return out;
}

// What is collected until the last town has answered.
struct collected {
    std::mutex mutex;
    std::size_t open = 0;
    std::int64_t changed = 0;
    std::size_t towns_refused = 0;
    json refusals = json::array();
};

std::optional<failure> unexpected(const operator_request& what, std::size_t count) {
    if (!what.expect_count) {
        if (what.dry_run) return std::nullopt;
        return failure{errc::invalid,
                       "expect_count: say how many breakers you mean; a dry run tells how many "
                       "there are"};
    }
    const std::int64_t is = static_cast<std::int64_t>(count);
    const std::int64_t expected = *what.expect_count;
    const std::int64_t off = is > expected ? is - expected : expected - is;
    if (off * 10 <= expected) return std::nullopt;
    return failure{errc::conflict, "expect_count: " + std::to_string(expected) +
                                       " were expected and the selector takes " +
                                       std::to_string(is) +
                                       ": look again, then send the count that you see"};
}

}  // namespace

void operator_desk::take_batch(store::fleet_store& in, const operator_request& what,
                               const reply& done) {
    const instant now = env_.clock.now();
    const auto found = select_breakers(towns_.summaries(), *what.many);
    if (auto wrong = unexpected(what, found.size())) return done(*std::move(wrong));
    auto by_town = aim(found, what.verb, now);
    operator_answer answer;
    answer.before = before_of(found, by_town.size());
    if (has_end(what.verb) && what.ttl) answer.expires_at = now + *what.ttl;
    if (what.dry_run || found.empty()) return done(to_json(answer));
    const auto id = write_asked(in, what);
    if (!id) return done(id.error());
    answer.audit_id = *id;
    auto sum = std::make_shared<collected>();
    sum->open = by_town.size();
    for (auto& [town, breakers] : by_town) {
        towns_.in_town(
            town, work_for(what, std::move(breakers)),
            [this, what, done, answer, sum, town = town](const result<json>& came) {
                operator_answer whole = answer;
                {
                    const std::scoped_lock lock(sum->mutex);
                    if (came) {
                        sum->changed += number_at(*came, "changed").value_or(0);
                    } else if (++sum->towns_refused <= refusals_told_max) {
                        sum->refusals.push_back({{"town", town}, {"why", came.error().what}});
                    }
                    if (--sum->open > 0) return;
                    whole.after["breakers_changed"] = sum->changed;
                    whole.after["towns_refused"] = sum->towns_refused;
                    whole.after["refusals"] = sum->refusals;
                    whole.applied = sum->changed > 0;
                }
                settle(what, *whole.audit_id, whole, done);
            });
    }
}

}  // namespace townd::engine
