// How containers are replaced: by a drain that they announce, or by whoever restarts them.

#include <utility>

#include "sim/answers.hpp"
#include "sim/containers.hpp"
#include "town/drain.hpp"

namespace townd::sim {
namespace {

constexpr duration told_again{5'000};

std::string instance_name(std::uint32_t town, std::uint32_t instance) {
    return town_name(static_cast<int>(town)) + "-" + std::to_string(instance);
}

}  // namespace

void containers::eviction_due(const happening& what) {
    if (what.arg != stage_.fault_generation) return;
    auto& row = rows_[what.town];
    const double rate = stage_.faults.strength(static_cast<int>(what.town), fault::evicted);
    if (rate <= 0.0) return;
    stage_.in(stage_.chance.until_next(rate), kind::eviction_due, what.town, what.arg);
    if (row.is != door::open || row.going) return;
    stage_.struck(fault::evicted);
    stage_.record(34, what.town);
    stage_.line([&] { return town_name(static_cast<int>(what.town)) + " is being replaced"; });
    row.going = true;
    row.why = {culprit::platform,
               stage_.faults.cause_of(static_cast<int>(what.town), fault::evicted)};
    const auto trouble = ++row.trouble;
    stage_.in(duration{1}, kind::eviction_told, what.town, trouble);
    stage_.in(stage_.chance.between(duration{3'000}, duration{40'000}), kind::put_out_due,
              what.town, trouble);
}

// Said again until it is taken; some are gone before.
void containers::eviction_told(const happening& what) {
    auto& row = rows_[what.town];
    if (row.trouble != what.arg || !row.going) return;
    stage_.in(told_again, kind::eviction_told, what.town, what.arg);
    const int town = static_cast<int>(what.town);
    if (stage_.chance.chance(stage_.faults.strength(town, fault::callback_lost))) return;
    static_cast<void>(api_.call(
        what.town, [](town::context& ctx) -> result<json> { return json(town::begin_drain(ctx)); },
        [this, on = what.town, trouble = what.arg](const result<json>& said) {
            auto& known = rows_[on];
            if (!said || known.trouble != trouble || known.nonce == said->get<std::string>())
                return;
            known.old_nonce = std::exchange(known.nonce, said->get<std::string>());
        }));
}

void containers::put_out_due(const happening& what) {
    auto& row = rows_[what.town];
    if (row.trouble != what.arg || !row.going) return;
    for (const auto place : std::vector<std::uint32_t>{agents_.of(what.town)})
        agents_.put_out(place);
    stage_.in(stage_.chance.between(duration{500}, duration{30'000}), kind::container_gone,
              what.town, what.arg);
}

void containers::gone(const happening& what) {
    auto& row = rows_[what.town];
    if (row.trouble != what.arg || !row.going) return;
    // The next one is late now and then: later than anybody waits for it.
    const bool late = stage_.chance.chance(0.1);
    crash(what.town,
          late ? stage_.chance.between(duration{400'000}, duration{600'000})
               : stage_.chance.between(duration{0}, duration{90'000}),
          row.why);
    row.mute = stage_.chance.chance(0.25);
}

// Who hears the nonce of a drain from a new container on says that it is ready. Some say another
// one first.
void containers::asked_for_health(std::uint32_t town, const std::string& nonce) {
    auto& row = rows_[town];
    if (nonce.empty() || row.mute) return;
    if (row.going && (!row.names_itself || !stage_.chance.chance(0.2))) return;
    const bool stale = !row.going && nonce != row.old_nonce && stage_.chance.chance(0.2);
    const std::string old = row.old_nonce.empty() ? "of another drain" : row.old_nonce;
    say_ready(town, stale ? old : nonce, stale);
}

void containers::say_ready(std::uint32_t town, const std::string& nonce, bool stale) {
    const auto& row = rows_[town];
    if (stage_.chance.chance(stage_.faults.strength(static_cast<int>(town), fault::callback_lost)))
        return;
    std::optional<std::string> instance;
    if (row.names_itself) instance = instance_name(town, row.instance);
    static_cast<void>(api_.call(
        town,
        [said = nonce, instance](town::context& ctx) -> result<json> {
            return json(town::container_ready(ctx, said, instance));
        },
        [this, town, stale](const result<json>& taken) {
            if (taken && stale && taken->get<bool>()) watch_.stale_ready_taken(town);
        }));
}

http_answer containers::letter_to(const start_seen& what) {
    for (const auto place : agents_.of(what.town)) {
        const auto& s = agents_.at(place);
        if (!s.runs() || s.what.agent != what.agent) continue;
        agents_.letter(place);
        return answered(200, R"({"success":true})");
    }
    return answered(404, R"({"error":"Agent not found"})");
}

// Who is asked for it runs elsewhere: it does it, promises it, or cannot.
void containers::restart(std::uint32_t slot) {
    const std::uint32_t town = requests_[slot].what.town;
    watch_.restart_asked(town);
    const bool can = stage_.chance.chance(0.9);
    const bool does = can && stage_.chance.chance(0.6);
    answer_in(slot, stage_.chance.between(duration{5}, duration{300}),
              can ? answered(200, R"({"success":true})") : answered(500, ""));
    if (!does || rows_[town].is == door::away) return;
    stage_.record(35, town);
    // Its own request is not the container's to lose.
    std::erase(rows_[town].open, slot);
    crash(town, stage_.chance.between(duration{2'000}, duration{40'000}), {culprit::platform, -1});
    rows_[town].open.push_back(slot);
}

}  // namespace townd::sim
