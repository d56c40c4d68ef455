#include "sim/containers.hpp"

#include <algorithm>
#include <utility>

#include "sim/answers.hpp"
#include "sim/texts.hpp"

namespace townd::sim {
namespace {

std::string agent_in(std::string_view target) {
    constexpr std::string_view before = "/agents/";
    return std::string{target.substr(before.size(), target.rfind('/') - before.size())};
}

start_seen read_start(const http_call& call) {
    start_seen out;
    out.agent = text_in(call.body, "agentId");
    out.bead = text_in(call.body, "beadId");
    out.name = text_in(call.body, "name");
    out.rig = text_in(call.body, "rigId");
    out.role = parse_agent_role(text_in(call.body, "role")).value_or(agent_role::polecat);
    out.attempt = static_cast<int>(number_in(call.body, "attempt"));
    out.epoch = std::strtoull(std::string{header_of(call, "X-Town-Epoch")}.c_str(), nullptr, 10);
    out.dispatch = header_of(call, "X-Dispatch-Id");
    if (const auto at = out.rig.rfind("-rig-"); at != std::string::npos)
        out.rig_place = std::atoi(out.rig.c_str() + at + 5);
    return out;
}

}  // namespace

containers::containers(stage& on, agents& who, request_watch& watch, town_api& api)
    : stage_(on),
      agents_(who),
      watch_(watch),
      api_(api),
      rows_(static_cast<std::size_t>(on.options.towns)) {
    for (auto& row : rows_)
        row.names_itself = stage_.chance.chance(0.7);
}

std::uint32_t containers::take(http_call& call, std::function<void(http_answer)>&& done) {
    std::uint32_t slot = 0;
    if (free_.empty()) {
        slot = static_cast<std::uint32_t>(requests_.size());
        requests_.emplace_back();
    } else {
        slot = free_.back();
        free_.pop_back();
    }
    auto& r = requests_[slot];
    r = exchange{};
    r.serial = ++serials_;
    r.done = std::move(done);
    r.deadline = stage_.now() + call.total_timeout;
    if (call.target == "/agents/start") {
        r.kind_of = asked::start;
        r.what = read_start(call);
        r.counted = true;
    } else {
        if (call.target == "/health") r.kind_of = asked::health;
        if (call.target == "/refresh-token") r.kind_of = asked::token;
        if (r.kind_of == asked::other) r.what.agent = agent_in(call.target);
        if (r.kind_of == asked::health) r.nonce = header_of(call, "X-Drain-Nonce");
        if (call.target.ends_with("/message")) r.kind_of = asked::letter;
        if (call.target.ends_with("/stop")) r.kind_of = asked::stop;
        if (call.target.ends_with("/status")) r.kind_of = asked::status;
    }
    // `http://t00042.sim:8080`
    r.what.town = static_cast<std::uint32_t>(town_number(std::string_view{call.url}.substr(7)));
    rows_[r.what.town].open.push_back(slot);
    return slot;
}

void containers::settle(std::uint32_t slot) {
    auto& r = requests_[slot];
    if (!r.counted) return;
    r.counted = false;
    --starts_waiting_;
    --rows_[r.what.town].starts;
}

void containers::release(std::uint32_t slot) {
    auto& r = requests_[slot];
    if (r.effect_ahead || r.answer_ahead) return;
    settle(slot);
    auto& open = rows_[r.what.town].open;
    open.erase(std::find(open.begin(), open.end(), slot));
    r.serial = 0;
    r.done = nullptr;
    free_.push_back(slot);
}

std::uint32_t containers::found(std::uint64_t arg) const {
    const auto slot = static_cast<std::uint32_t>(arg >> 32U);
    return requests_[slot].serial == static_cast<std::uint32_t>(arg) ? slot : ~0U;
}

void containers::answer_in(std::uint32_t slot, duration wait, http_answer with) {
    auto& r = requests_[slot];
    r.answer = std::move(with);
    r.answer_ahead = true;
    stage_.in(wait, kind::answer_due, r.what.town, key(slot, r.serial));
}

void containers::effect_in(std::uint32_t slot, duration wait) {
    auto& r = requests_[slot];
    r.effect_ahead = true;
    stage_.in(wait, kind::effect_due, r.what.town, key(slot, r.serial));
}

void containers::call(http_call request, std::function<void(http_answer)> done) {
    const std::uint32_t slot = take(request, std::move(done));
    auto& r = requests_[slot];
    const bool starts = r.kind_of == asked::start;
    stage_.record(10 + static_cast<std::uint64_t>(r.kind_of), r.what.town, r.serial);
    stage_.line([&] {
        return request.url + " " + request.target + " " + r.what.agent +
               (starts ? " for " + r.what.bead + " attempt " + std::to_string(r.what.attempt) : "");
    });
    if (starts) {
        ++stage_.counts.starts_sent;
        if (stage_.options.watch != nullptr)
            stage_.options.watch->start_sent(stage_.now(), static_cast<int>(r.what.town),
                                             r.what.role);
        watch_.start_sent(r.what);
        ++starts_waiting_;
        ++rows_[r.what.town].starts;
    }
    if (request.target == "/restart") {
        restart(slot);
        return;
    }
    if (r.kind_of == asked::token) watch_.token_sent(r.what.town);
    if (network(slot, request, starts ? std::optional{r.what.role} : std::nullopt)) return;
    if (starts) {
        start(slot, request.total_timeout);
        return;
    }
    const double fails = stage_.faults.strength(
        static_cast<int>(r.what.town),
        r.kind_of == asked::stop ? fault::stop_unconfirmed : fault::status_fails);
    const duration soon = stage_.chance.between(duration{2}, duration{60});
    if (stage_.chance.chance(fails)) {
        const bool stop = r.kind_of == asked::stop;
        stage_.struck(stop ? fault::stop_unconfirmed : fault::status_fails);
        const bool hangs = stage_.chance.chance(0.5);
        // A container that starts anything must at least stop what it answers for: nothing could
        // keep two agents apart otherwise.
        const bool naive = stage_.options.model == container_model::naive;
        if (stop && naive && !hangs) static_cast<void>(stop_of(r.what, true));
        answer_in(slot, hangs ? request.total_timeout : soon,
                  hangs ? timed_out() : answered(500, R"({"error":"Internal Server Error"})"));
        return;
    }
    effect_in(slot, soon);
    r.by_effect = true;
}

// Troubles of the way to the container, for every kind of call. True: that is its fate.
bool containers::network(std::uint32_t slot, const http_call& call,
                         std::optional<agent_role> role) {
    auto& r = requests_[slot];
    const auto& row = rows_[r.what.town];
    const duration soon = stage_.chance.between(duration{1}, duration{30});
    if (row.is != door::open) r.what.fault = row.why;
    if (row.is == door::away) {
        answer_in(slot, soon, refused());
        return true;
    }
    if (row.is == door::wedged) {
        answer_in(slot, call.total_timeout, timed_out());
        return true;
    }
    for (const auto& level : stage_.faults.of(static_cast<int>(r.what.town))) {
        const bool ours = level.what <= fault::hang || level.what == fault::reset;
        if (!ours || !level.concerns(role, r.what.rig_place, r.what.name)) continue;
        if (!stage_.strikes(level, r.what.bead)) continue;
        stage_.struck(level.what);
        r.what.fault = {level.whose, level.cause};
        switch (level.what) {
            case fault::resolve_failed:
                answer_in(slot, soon,
                          failed(error_code::resolve_failed, error_phase::resolve, false,
                                 "Host not found (authoritative)"));
                return true;
            case fault::connect_refused:
                answer_in(slot, soon, refused());
                return true;
            case fault::connect_timeout:
                answer_in(slot, call.connect_timeout,
                          failed(error_code::connect_timeout, error_phase::connect, false,
                                 "no answer to the connect"));
                return true;
            case fault::hang:
                answer_in(slot, call.total_timeout, timed_out());
                return true;
            default:
                answer_in(slot, soon, was_reset());
                return true;
        }
    }
    return false;
}

void containers::start(std::uint32_t slot, duration timeout) {
    auto& r = requests_[slot];
    const auto& work = stage_.work(r.what.town);
    const duration takes = stage_.chance.between(work.answer_min, work.answer_max);
    if (rows_[r.what.town].going) {
        r.what.fault = rows_[r.what.town].why;
        start_under(fault::draining, nullptr, slot, takes, timeout);
        return;
    }
    for (const auto& level : stage_.faults.of(static_cast<int>(r.what.town))) {
        const bool ours = level.what > fault::hang && level.what <= fault::bad_request &&
                          level.what != fault::reset;
        if (!ours || !level.concerns(r.what.role, r.what.rig_place, r.what.name)) continue;
        if (!stage_.strikes(level, r.what.bead)) continue;
        stage_.struck(level.what);
        r.what.fault = {level.whose, level.cause};
        start_under(level.what, &level, slot, takes, timeout);
        return;
    }
    r.by_effect = true;
    effect_in(slot, takes);
}

// What it says when it refuses or fails, with the words of the window.
http_answer containers::words_under(const exchange& r, fault what, const fault_level* level) {
    const auto said = [&](std::string_view usual) {
        if (level == nullptr) return std::string{usual};
        // Only texts of chance take a number: the others leave the run as it was.
        const bool draws = level->window->texts == text_kind::random;
        return words_of(*level, r.what, draws ? stage_.chance.next() : 0, stage_.options.begin,
                        usual);
    };
    const auto body = [&](std::string_view usual, std::string_view more) {
        return R"({"error":")" + said(usual) + "\"" + std::string{more} + "}";
    };
    switch (what) {
        case fault::http_500:
            return answered(500, body("git clone failed: no space left on device",
                                      R"(,"phase":"worktree","status":500)"));
        case fault::payload_says_no:
            return answered(200, R"({"success":false,"error":")" + said("no capacity") + "\"}");
        case fault::rate_limited: {
            http_answer limited = answered(429, body("Too many requests", ""));
            if (level != nullptr && level->window->retry_after) {
                if (*level->window->retry_after > duration{0})
                    limited.retry_after = level->window->retry_after;
            } else if (stage_.chance.chance(0.5)) {
                limited.retry_after = duration{1'000 * stage_.chance.between(1, 60)};
            }
            return limited;
        }
        case fault::draining:
            return answered(503, R"({"error":"Container is draining, cannot start new agents"})");
        default:
            return answered(level != nullptr ? level->window->status : 400,
                            body("Invalid request body", ""));
    }
}

void containers::start_under(fault what, const fault_level* level, std::uint32_t slot,
                             duration takes, duration timeout) {
    switch (what) {
        case fault::hang_after_effect:
            effect_in(slot, takes);
            answer_in(slot, timeout, timed_out());
            return;
        case fault::late: {
            // Three deadlines are longer than the daemon waits for a start that it knows nothing
            // of. Only a container that minds the order of starts can be that late.
            const bool naive = stage_.options.model == container_model::naive;
            const duration limit = naive ? timeout * 12 / 5 : timeout * 3;
            answer_in(slot, timeout, timed_out());
            effect_in(slot, stage_.chance.between(timeout, limit));
            return;
        }
        case fault::http_500:
        case fault::payload_says_no:
            answer_in(slot, takes, words_under(requests_[slot], what, level));
            return;
        case fault::http_500_effect:
            effect_in(slot, takes);
            answer_in(slot, takes, answered(500, "Internal Server Error"));
            return;
        case fault::http_500_empty:
            answer_in(slot, takes, answered(500, ""));
            return;
        case fault::garbage:
            answer_in(slot, takes, html(200));
            return;
        case fault::garbage_effect:
            effect_in(slot, takes);
            answer_in(slot, takes, html(200));
            return;
        case fault::rate_limited:
        case fault::draining:
        case fault::bad_request:
            answer_in(slot, duration{5}, words_under(requests_[slot], what, level));
            return;
        case fault::gateway:
            if (stage_.chance.chance(0.5)) effect_in(slot, takes);
            answer_in(slot, takes, html(stage_.chance.chance(0.5) ? 502 : 504));
            return;
        case fault::reset_after_effect:
            effect_in(slot, takes);
            answer_in(slot, takes + duration{3}, was_reset());
            return;
        default:
            answer_in(slot, takes, answered(500, ""));
            return;
    }
}

}  // namespace townd::sim
