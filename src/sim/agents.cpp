#include "sim/agents.hpp"

#include <algorithm>
#include <utility>

#include "sim/texts.hpp"

namespace townd::sim {
namespace {

constexpr std::size_t ended_kept_max = 64;  // Of a town.

}  // namespace

agents::agents(stage& on, town_api& api, session_watch& watch, pr_desk& forge)
    : stage_(on),
      api_(api),
      watch_(watch),
      forge_(forge),
      by_town_(static_cast<std::size_t>(on.options.towns)),
      ended_(static_cast<std::size_t>(on.options.towns)) {}

session* agents::alive(std::uint64_t arg) {
    auto& s = sessions_[static_cast<std::uint32_t>(arg >> 32U)];
    return s.serial == static_cast<std::uint32_t>(arg) && s.serial != 0 ? &s : nullptr;
}

void agents::plan(std::uint32_t place, duration wait) {
    auto& s = sessions_[place];
    s.turn = ++serials_;
    stage_.in(std::max(wait, duration{1}), kind::session_due, s.what.town, key(place, s.turn));
}

// What goes wrong with it, if anything. Returns how long its work takes then.
duration agents::draw_trouble(session& s, duration takes) {
    const bool review = s.what.role == agent_role::refinery;
    for (const auto& level : stage_.faults.of(static_cast<int>(s.what.town))) {
        if (level.what < fault::dies_young || level.what > fault::changes_wanted) continue;
        if (!level.concerns(s.what.role, s.what.rig_place, s.what.name)) continue;
        const bool of_reviews =
            level.what == fault::review_fails || level.what == fault::changes_wanted;
        if (of_reviews && !review) continue;
        if (level.what == fault::no_progress && s.what.role == agent_role::mayor) continue;
        if (!stage_.strikes(level, s.what.bead)) continue;
        stage_.struck(level.what);
        if (level.what == fault::slow_agent) {
            takes *= 10;
            continue;
        }
        s.fault = {level.whose, level.cause};
        switch (level.what) {
            case fault::no_progress:
                s.stuck = true;
                s.tools = stage_.chance.chance(0.3);
                return takes;
            case fault::review_fails:
                s.says = stage_.chance.chance(0.5) ? verdict_said::failed : verdict_said::conflict;
                return takes;
            case fault::changes_wanted:
                s.says = verdict_said::changes;
                return takes;
            default:
                s.dies = level.what == fault::vanishes ||
                         (level.what == fault::dies_young && stage_.chance.chance(0.5));
                s.fails = !s.dies;
                s.reason = words_of(level, s.what, s.luck, stage_.options.begin,
                                    s.dies ? "killed by signal 9" : "the model gave up");
                if (level.window->lives_max > duration{0})
                    return stage_.chance.between(level.window->lives_min, level.window->lives_max);
                if (level.what != fault::dies_young) return takes;
                return stage_.chance.between(duration{10}, duration{900});
        }
    }
    return takes;
}

void agents::draw_fate(session& s) {
    const auto& work = stage_.work(s.what.town);
    const bool review = s.what.role == agent_role::refinery;
    const duration takes = review ? stage_.chance.between(work.review_min, work.review_max)
                                  : stage_.chance.between(work.work_min, work.work_max);
    s.ends_at = stage_.now() + draw_trouble(s, takes);
    draw_verdict(s);
}

// In towns that merge by pull requests their agents open them.
void agents::draw_verdict(session& s) {
    const auto& o = stage_.options;
    if (!o.pull_requests || s.says != verdict_said::done || s.what.role == agent_role::mayor)
        return;
    const bool always = !o.code_review && s.what.role == agent_role::polecat;
    if (always || stage_.chance.chance(0.5)) s.says = verdict_said::with_pr;
}

std::uint32_t agents::begin(start_seen what) {
    std::uint32_t place = 0;
    if (free_.empty()) {
        place = static_cast<std::uint32_t>(sessions_.size());
        sessions_.emplace_back();
    } else {
        place = free_.back();
        free_.pop_back();
    }
    auto& s = sessions_[place];
    s = session{};
    s.what = std::move(what);
    s.began = stage_.now();
    s.serial = ++serials_;
    s.luck = stage_.chance.next();
    draw_fate(s);
    auto& ended = ended_[s.what.town];
    std::erase_if(ended, [&](const ended_agent& e) { return e.agent == s.what.agent; });
    by_town_[s.what.town].push_back(place);
    ++stage_.counts.sessions;
    stage_.record(1, s.what.town, s.serial);
    stage_.line([&] { return s.what.agent + " begins on " + s.what.bead; });
    watch_.began(s);
    // The first one comes at once or with the container's next round.
    const duration every = stage_.work(s.what.town).heartbeat_every;
    stage_.in(stage_.chance.between(duration{1'000}, std::max(every, duration{1'001})),
              kind::beat_due, s.what.town, key(place, s.serial));
    plan(place, s.ends_at - stage_.now());
    return place;
}

// Its process is gone; what follows is its container's to report.
void agents::exit(session& s, std::string_view reason) {
    s.step = session_step::saying_over;
    stage_.record(2, s.what.town, s.serial);
    stage_.line([&] { return s.what.agent + " is gone: " + std::string{reason}; });
    watch_.ended(s, reason);
    auto& ended = ended_[s.what.town];
    std::erase_if(ended, [&](const ended_agent& e) { return e.agent == s.what.agent; });
    if (ended.size() >= ended_kept_max) ended.erase(ended.begin());
    ended.push_back({s.what.agent, std::string{reason}});
}

void agents::gone(std::uint32_t place, std::string_view reason) {
    auto& s = sessions_[place];
    if (s.runs()) exit(s, reason);
    auto& here = by_town_[s.what.town];
    here.erase(std::find(here.begin(), here.end(), place));
    s.serial = 0;
    s.turn = 0;
    free_.push_back(place);
}

void agents::cut_off(std::uint32_t place, std::string_view reason, truth why) {
    sessions_[place].fault = why;
    gone(place, reason);
}

std::string_view agents::exit_of(std::uint32_t town, std::string_view agent) const {
    for (const auto& e : ended_[town])
        if (e.agent == agent) return e.reason;
    return {};
}

void agents::forget(std::uint32_t town) {
    ended_[town].clear();
}

void agents::stop(std::uint32_t place) {
    auto& s = sessions_[place];
    if (!s.runs()) return;
    s.reason = "stopped";
    s.fails = false;
    exit(s, s.reason);
    say(place, word::completed);
}

void agents::put_out(std::uint32_t place) {
    auto& s = sessions_[place];
    if (!s.runs()) return;
    s.reason = "container eviction";
    s.fails = false;
    s.tries = 0;
    s.tries_max = 3;
    exit(s, s.reason);
    say(place, word::completed);
}

void agents::letter(std::uint32_t place) {
    auto& s = sessions_[place];
    s.step = session_step::working;
    const auto& work = stage_.work(s.what.town);
    plan(place, stage_.chance.between(work.review_min, work.review_max));
}

void agents::beat_due(std::uint64_t arg) {
    auto* s = alive(arg);
    if (s == nullptr || !s->runs()) return;
    const auto town = s->what.town;
    const auto place = static_cast<std::uint32_t>(arg >> 32U);
    stage_.in(stage_.work(town).heartbeat_every, kind::beat_due, town, arg);
    const double lost =
        stage_.faults.strength(static_cast<int>(town), fault::heartbeat_lost, s->what.role);
    if (stage_.chance.chance(lost)) {
        stage_.struck(fault::heartbeat_lost);
        return;
    }
    say(place, word::beat);
}

void agents::session_due(std::uint64_t arg) {
    const auto place = static_cast<std::uint32_t>(arg >> 32U);
    auto& s = sessions_[place];
    if (s.serial == 0 || s.turn != static_cast<std::uint32_t>(arg)) return;
    switch (s.step) {
        case session_step::working:
            work_over(place, s);
            return;
        case session_step::saying_done:
            say(place, word::done);
            return;
        case session_step::leaving:
            s.reason = "completed";
            exit(s, s.reason);
            say(place, word::completed);
            return;
        case session_step::saying_over:
            say(place, word::completed);
            return;
        case session_step::waiting:
            say(place, word::waiting);
            return;
    }
}

void agents::failed(const session& s) {
    watch_.failed(s);
    if (stage_.options.watch != nullptr)
        stage_.options.watch->session_broke(stage_.now(), static_cast<int>(s.what.town),
                                            s.what.role, s.what.bead, s.fault);
}

void agents::work_over(std::uint32_t place, session& s) {
    if (s.stuck) {
        failed(s);
        return;
    }
    if (s.dies) {
        failed(s);
        gone(place, std::string{s.reason});
        return;
    }
    if (s.fails) {
        failed(s);
        exit(s, s.reason);
        say(place, word::completed);
        return;
    }
    if (s.what.role == agent_role::mayor) {
        s.step = session_step::waiting;
        say(place, word::waiting);
        return;
    }
    if (s.says == verdict_said::with_pr && s.pr == 0) s.pr = forge_.open(s.what.town);
    if (s.says == verdict_said::done && s.what.role == agent_role::refinery)
        watch_.merged(s.what.town, s.what.bead);
    s.step = session_step::saying_done;
    say(place, word::done);
}

}  // namespace townd::sim
