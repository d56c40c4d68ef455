// What requests do in a container, and what becomes of the container itself.

#include <algorithm>
#include <utility>

#include "sim/answers.hpp"
#include "sim/containers.hpp"

namespace townd::sim {

http_answer containers::take_effect(const start_seen& what, bool& began) {
    auto& row = rows_[what.town];
    if (stage_.options.model == container_model::contract) {
        for (const auto place : agents_.of(what.town)) {
            if (!agents_.at(place).runs()) continue;
            const auto& live = agents_.at(place).what;
            if (live.dispatch == what.dispatch) {  // Said twice.
                began = true;
                return started(what.agent);
            }
            if (live.agent == what.agent || live.bead == what.bead)
                return already_running(live.agent);
        }
        const std::pair order{what.epoch, what.attempt};
        const auto [at, fresh] = row.newest.try_emplace(what.bead, order);
        if (!fresh) {
            if (order <= at->second)
                return answered(409, R"({"error":"a newer attempt of this bead was seen"})");
            at->second = order;
        }
    }
    start_seen taken = what;
    taken.instance = row.names_itself ? row.instance : 0;
    agents_.begin(std::move(taken));
    began = true;
    return started(what.agent);
}

http_answer containers::status_of(const start_seen& what) const {
    for (const auto place : agents_.of(what.town))
        if (agents_.at(place).runs() && agents_.at(place).what.agent == what.agent)
            return answered(200, R"({"agentId":")" + what.agent + R"(","status":"running"})");
    const auto why = agents_.exit_of(what.town, what.agent);
    if (!why.empty())
        return answered(200, R"({"agentId":")" + what.agent + R"(","exitReason":")" +
                                 std::string{why} + R"(","status":"exited"})");
    return answered(404, R"({"error":"Agent not found"})");
}

void containers::end_sessions(std::uint32_t town, std::string_view agent) {
    for (bool again = true; again;) {
        again = false;
        for (const auto place : agents_.of(town)) {
            if (!agents_.at(place).runs() || agents_.at(place).what.agent != agent) continue;
            agents_.stop(place);
            again = true;
            break;
        }
    }
}

http_answer containers::stop_of(const start_seen& what, bool effect) {
    const auto& live = agents_.of(what.town);
    const bool runs = std::any_of(live.begin(), live.end(), [&](std::uint32_t place) {
        return agents_.at(place).runs() && agents_.at(place).what.agent == what.agent;
    });
    if (!runs) return answered(404, R"({"error":"Agent not found"})");
    if (effect) end_sessions(what.town, what.agent);
    return answered(200, R"({"stopped":true})");
}

void containers::effect_due(std::uint64_t arg) {
    const std::uint32_t slot = found(arg);
    if (slot == ~0U) return;
    auto& r = requests_[slot];
    r.effect_ahead = false;
    if (rows_[r.what.town].is != door::open) {  // Wedged or away since.
        r.what.fault = rows_[r.what.town].why;
        if (r.by_effect)
            answer_in(slot, std::max(r.deadline - stage_.now(), duration{1}), timed_out());
        release(slot);
        return;
    }
    http_answer with;
    switch (r.kind_of) {
        case asked::start:
            with = take_effect(r.what, r.began);
            break;
        case asked::status:
            with = status_of(r.what);
            break;
        case asked::stop:
            with = stop_of(r.what, true);
            break;
        case asked::health:
            with = answered(200, R"({"status":"ok"})");
            asked_for_health(r.what.town, r.nonce);
            break;
        case asked::letter:
            with = letter_to(r.what);
            break;
        case asked::token:
            with = answered(200, R"({"success":true})");
            break;
        case asked::other:
            with = answered(404, R"({"error":"Not found"})");
            break;
    }
    if (r.by_effect)
        answer_in(slot, stage_.chance.between(duration{1}, duration{5}), std::move(with));
    release(slot);
}

start_end containers::end_of(const exchange& r, const http_answer& with) {
    start_end out{start_outcome::failed, r.began, with.status, with.retry_after};
    const int status = with.status.value_or(0);
    const bool drains = status == 503 && with.body.find("draining") != std::string::npos;
    if (with.error) {
        if (with.request_sent) out.how = start_outcome::unanswered;
    } else if (drains || (status >= 400 && status < 500)) {
        out.how = start_outcome::refused;
    } else if (status < 300 && r.by_effect) {
        out.how = start_outcome::took_effect;
    }
    return out;
}

void containers::answer_due(std::uint64_t arg) {
    const std::uint32_t slot = found(arg);
    if (slot == ~0U || !requests_[slot].answer_ahead) return;
    auto& r = requests_[slot];
    r.answer_ahead = false;
    const auto done = std::exchange(r.done, nullptr);
    http_answer with = std::move(r.answer);
    stage_.record(20, r.what.town, static_cast<std::uint64_t>(with.status.value_or(0)));
    stage_.line([&] {
        return town_name(static_cast<int>(r.what.town)) + " answers " + r.what.agent + ": " +
               (with.error ? with.error->message() : std::to_string(*with.status));
    });
    settle(slot);
    if (done && r.kind_of == asked::start) {
        const auto end = end_of(r, with);
        watch_.start_over(r.what, end);
        if (stage_.options.watch != nullptr)
            stage_.options.watch->start_answered(stage_.now(), static_cast<int>(r.what.town),
                                                 r.what.role, r.what.bead, end, r.what.fault);
    }
    release(slot);
    if (done) done(std::move(with));
}

void containers::drop_callers() {
    for (std::uint32_t slot = 0; slot < requests_.size(); ++slot) {
        auto& r = requests_[slot];
        if (r.serial == 0) continue;
        settle(slot);
        r.done = nullptr;
    }
}

void containers::crash_due(const happening& what) {
    if (what.arg != stage_.fault_generation) return;
    auto& row = rows_[what.town];
    const double rate = stage_.faults.strength(static_cast<int>(what.town), fault::crash);
    if (rate <= 0.0) return;
    stage_.in(stage_.chance.until_next(rate), kind::crash_due, what.town, what.arg);
    if (row.is == door::away) return;
    stage_.struck(fault::crash);
    stage_.record(30, what.town);
    crash(what.town, stage_.chance.between(duration{0}, duration{60'000}),
          {culprit::platform, stage_.faults.cause_of(static_cast<int>(what.town), fault::crash)});
}

// All that it has is lost; the next one comes.
void containers::crash(std::uint32_t town, duration away, truth why) {
    auto& row = rows_[town];
    stage_.line([&] { return town_name(static_cast<int>(town)) + " crashes"; });
    while (!agents_.of(town).empty())
        agents_.cut_off(agents_.of(town).back(), "lost with its container", why);
    agents_.forget(town);
    row.newest.clear();
    row.is = door::away;
    row.why = why;
    row.going = false;
    ++row.instance;
    // What was in flight is dropped, its effects with it.
    for (const auto slot : std::vector<std::uint32_t>{row.open}) {
        auto& r = requests_[slot];
        r.effect_ahead = false;
        r.what.fault = why;
        r.serial = ++serials_;  // Planned answers are void.
        answer_in(slot, duration{1}, was_reset());
    }
    stage_.in(away, kind::container_back, town, ++row.trouble);
}

void containers::wedge_due(const happening& what) {
    if (what.arg != stage_.fault_generation) return;
    auto& row = rows_[what.town];
    const double rate = stage_.faults.strength(static_cast<int>(what.town), fault::wedged);
    if (rate <= 0.0) return;
    stage_.in(stage_.chance.until_next(rate), kind::wedge_due, what.town, what.arg);
    if (row.is != door::open) return;
    stage_.struck(fault::wedged);
    stage_.record(31, what.town);
    stage_.line([&] { return town_name(static_cast<int>(what.town)) + " is wedged"; });
    row.is = door::wedged;
    row.why = {culprit::platform,
               stage_.faults.cause_of(static_cast<int>(what.town), fault::wedged)};
    stage_.in(stage_.chance.between(duration{10'000}, duration{300'000}), kind::container_back,
              what.town, ++row.trouble);
}

void containers::back(const happening& what) {
    auto& row = rows_[what.town];
    if (row.trouble != what.arg) return;
    row.is = door::open;
    stage_.record(32, what.town);
    stage_.line([&] { return town_name(static_cast<int>(what.town)) + " is back"; });
}

void containers::plan_troubles() {
    for (std::uint32_t town = 0; town < rows_.size(); ++town) {
        if (stage_.faults.of(static_cast<int>(town)).empty()) continue;
        const int n = static_cast<int>(town);
        if (const double rate = stage_.faults.strength(n, fault::crash); rate > 0.0)
            stage_.in(stage_.chance.until_next(rate), kind::crash_due, town,
                      stage_.fault_generation);
        if (const double rate = stage_.faults.strength(n, fault::evicted); rate > 0.0)
            stage_.in(stage_.chance.until_next(rate), kind::eviction_due, town,
                      stage_.fault_generation);
        if (const double rate = stage_.faults.strength(n, fault::wedged); rate > 0.0)
            stage_.in(stage_.chance.until_next(rate), kind::wedge_due, town,
                      stage_.fault_generation);
    }
}

void containers::remove(std::uint32_t town) {
    crash(town, duration{0}, {});
    ++rows_[town].trouble;  // Never back.
}

void containers::heal() {
    for (std::uint32_t town = 0; town < rows_.size(); ++town) {
        if (stage_.absent[town]) continue;
        auto& row = rows_[town];
        ++row.trouble;
        row.is = door::open;
        row.going = false;
    }
}

}  // namespace townd::sim
