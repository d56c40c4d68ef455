// How an agent's words reach the daemon: said again while it is away, never after it said no.

#include <algorithm>
#include <array>
#include <utility>

#include "sim/agents.hpp"
#include "town/callbacks.hpp"

namespace townd::sim {
namespace {

constexpr int tries_max = 200;

call_end end_of(const result<json>& answer) {
    if (answer) return call_end::accepted;
    switch (answer.error().kind) {
        case errc::invalid:
        case errc::unauthorized:
        case errc::forbidden:
        case errc::not_found:
        case errc::conflict:
        case errc::too_large:
            return call_end::refused;
        default:
            return call_end::again;
    }
}

result<json> answer_of(const result<void>& said) {
    if (!said) return said.error();
    return json();
}

}  // namespace

void agents::say(std::uint32_t place, word what) {
    auto& s = sessions_[place];
    const int town = static_cast<int>(s.what.town);
    ++stage_.counts.callbacks;
    if (what != word::beat) {
        ++s.tries;
        // Until this try is answered or given up, nothing else is planned.
        plan(place, api_patience + stage_.chance.between(duration{0}, duration{5'000}));
    }
    duration wait{stage_.chance.between(duration{2}, duration{40})};
    int copies = 1;
    if (stage_.chance.chance(stage_.faults.strength(town, fault::callback_lost))) {
        stage_.struck(fault::callback_lost);
        copies = 0;
    }
    if (stage_.chance.chance(stage_.faults.strength(town, fault::callback_doubled))) {
        stage_.struck(fault::callback_doubled);
        copies = 2;
    }
    if (stage_.chance.chance(stage_.faults.strength(town, fault::callback_late))) {
        stage_.struck(fault::callback_late);
        wait = stage_.chance.between(duration{1'000}, duration{120'000});
    }
    for (; copies > 0; --copies) {
        std::uint32_t slot = 0;
        if (free_calls_.empty()) {
            slot = static_cast<std::uint32_t>(calls_.size());
            calls_.emplace_back();
        } else {
            slot = free_calls_.back();
            free_calls_.pop_back();
        }
        calls_[slot] = {place, s.serial, s.turn, what, s.what, s.reason, s.fails};
        stage_.in(wait, kind::call_arrives, s.what.town, slot);
        wait += stage_.chance.between(duration{1}, duration{3'000});
    }
}

void agents::call_arrives(std::uint64_t arg) {
    const auto slot = static_cast<std::uint32_t>(arg);
    const on_way call = std::move(calls_[slot]);
    free_calls_.push_back(slot);
    deliver(call);
}

void agents::deliver(const on_way& call) {
    constexpr std::array<std::string_view, 4> words{"heartbeat", "done", "completed", "waiting"};
    stage_.line([&] {
        return call.who.agent + " says " + std::string{words[static_cast<std::size_t>(call.what)]} +
               " of " + call.who.dispatch;
    });
    engine::town_work work;
    const auto named = call.who.dispatch.empty() ? town::named_dispatch{} : call.who.dispatch;
    const std::string& agent = call.who.agent;
    switch (call.what) {
        case word::beat:
            work = [agent, named](town::context& ctx) -> result<json> {
                return answer_of(town::heartbeat(ctx, agent, named, {}));
            };
            break;
        case word::done:
            work = [agent, named](town::context& ctx) -> result<json> {
                return answer_of(
                    town::done(ctx, agent, named, {"gt/work", std::nullopt, "did it"}));
            };
            break;
        case word::completed:
            work = [agent, named, failed = call.failed,
                    reason = call.reason](town::context& ctx) -> result<json> {
                return answer_of(town::completed(ctx, agent, named, failed, reason));
            };
            break;
        case word::waiting:
            work = [agent, named](town::context& ctx) -> result<json> {
                return answer_of(town::waiting(ctx, agent, named));
            };
            break;
    }
    const auto answered = [this, place = call.place, serial = call.serial, turn = call.turn,
                           what = call.what](const result<json>& answer) {
        heard(place, serial, turn, what, end_of(answer));
    };
    if (!api_.call(call.who.town, std::move(work), answered))
        heard(call.place, call.serial, call.turn, call.what, call_end::again);
}

void agents::heard(std::uint32_t place, std::uint32_t serial, std::uint32_t turn, word what,
                   call_end end) {
    auto& s = sessions_[place];
    if (s.serial == 0 || s.serial != serial) return;
    stage_.record(3, s.what.town, static_cast<std::uint64_t>(end));
    if (what == word::beat) return;
    if (what == word::done && end == call_end::accepted) watch_.accepted(s);
    if (s.turn != turn) return;  // A newer try is on its way.
    if (end == call_end::again && s.tries < tries_max) {
        plan(place, std::min(duration{1'000} * (1 << std::min(s.tries, 5)), duration{30'000}));
        return;
    }
    next_word(place, s, what);
}

void agents::next_word(std::uint32_t place, session& s, word said) {
    s.tries = 0;
    switch (said) {
        case word::done:
            // Its loop ends by itself shortly after; or it is stopped before.
            s.step = session_step::leaving;
            plan(place, stage_.chance.between(duration{100}, duration{4'000}));
            return;
        case word::completed:
            gone(place, s.reason);
            return;
        case word::waiting:
            s.turn = 0;  // Until someone writes to it.
            return;
        case word::beat:
            return;
    }
}

}  // namespace townd::sim
