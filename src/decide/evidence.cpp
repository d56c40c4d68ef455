#include "townd/decide/evidence.hpp"

#include <algorithm>
#include <utility>

#include "townd/decide/backoff.hpp"
#include "townd/words/error.hpp"

namespace townd {
namespace {

constexpr std::array<std::string_view, stage_count> stage_names{"answered", "survived", "done"};
constexpr std::array<std::string_view, stage_count> stage_failures{
    "cannot be started", "do not survive their start", "do not finish their work"};

constexpr std::size_t charges_max = 64;
constexpr int width_max = 8;
constexpr std::size_t refused_max = 16;
constexpr int failures_max = 40;
constexpr int relapses_max = 6;
constexpr duration relapse_forgotten{3'600'000};
constexpr duration refusals_count_for{7'200'000};
constexpr double wait_least = 0.75;  // Of the nominal wait; the most is 0.95 of it.
constexpr double wait_spread = 0.2;

constexpr std::array all_stages{stage::answered, stage::survived, stage::done};

}  // namespace

std::string_view to_text(stage value) noexcept {
    return stage_names[static_cast<std::size_t>(value)];
}
std::string_view failing_words(stage value) noexcept {
    return stage_failures[static_cast<std::size_t>(value)];
}

std::string doubt_cause::kind() const {
    std::string out = code;
    out += '/';
    if (http_status != 0) out += std::to_string(http_status);
    out += '/';
    out += phase;
    return out;
}

duration retry_wait(int failures, double draw, const retry_policy& policy) noexcept {
    const duration nominal =
        failures <= 2 ? policy.first
                      : grown(policy.then, std::min(failures, failures_max) - 3, policy.max);
    const double share = wait_least + wait_spread * std::clamp(draw, 0.0, 1.0);
    return std::max(
        duration{1},
        duration{static_cast<std::int64_t>(static_cast<double>(nominal.count()) * share)});
}

// One that fell back soon earns its freedom: by 2, 4, 8 successes in a row.
int standing::wanted() const noexcept {
    return 1 << std::min(relapses_, 3);
}

bool standing::in_doubt_at(stage at) const noexcept {
    return of(at).failures > 0 && !of(at).soft;
}
bool standing::in_doubt() const noexcept {
    return std::any_of(all_stages.begin(), all_stages.end(),
                       [this](stage at) { return in_doubt_at(at); });
}
bool standing::is_soft() const noexcept {
    return !in_doubt() && of(stage::done).soft && of(stage::done).failures > 0;
}
bool standing::earning() const noexcept {
    return in_doubt() && of(doubted()).successes > 0;
}

stage standing::doubted() const noexcept {
    if (in_doubt_at(newest_)) return newest_;
    for (const stage at : {stage::done, stage::survived, stage::answered})
        if (in_doubt_at(at)) return at;
    return stage::done;
}

bool standing::doubted_work_at(instant began) const noexcept {
    if (in_doubt_at(stage::done)) return true;
    return work_since_ != instant{} && began <= work_until_;
}

void standing::harden(doubt& d, instant now, const retry_policy* policy) {
    d.soft = false;
    if (&d == &of(stage::done)) work_since_ = d.since;
    const bool first = std::none_of(all_stages.begin(), all_stages.end(),
                                    [&](stage at) { return &of(at) != &d && in_doubt_at(at); });
    if (!first) return;
    ++generation_;
    if (let_go_ == instant{} || now - let_go_ > relapse_forgotten) relapses_ = 0;
    const bool relapse =
        policy != nullptr && let_go_ != instant{} && now - let_go_ < policy->relapse_within;
    if (relapse) relapses_ = std::min(relapses_ + 1, relapses_max);
    // One that was well for a while begins anew, one that fell back goes on where it stopped.
    failures_ = relapse ? 1 + relapses_ : 0;
}

standing::meaning standing::failed(const failure& f, double draw, const retry_policy& policy) {
    const auto place = static_cast<std::size_t>(f.at);
    doubt& d = doubts_[place];
    if (success_[place] != instant{} && f.began < success_[place] && d.failures == 0)
        return meaning::stale;
    // Where other work was done since this bead failed before, it is likely to be the bead's own:
    // it slows its place down and speaks of no outage.
    bool likely_own = false;
    if (f.at == stage::done) {
        note(failed_, f.bead, f.now, last_success(stage::done));
        const refusal* mine = find(failed_, f.bead);
        likely_own = mine != nullptr && mine->between > 0;
    }
    const bool anew = d.failures == 0;
    const bool was_doubt = in_doubt_at(f.at);
    if (anew) {
        d = {};
        d.since = f.now;
        d.bead = f.bead;
    }
    // What ran side by side is one piece of news: a volley makes no longer wait than one failure.
    const bool counts = anew || f.began >= d.newest;
    d.failures = std::min(d.failures + 1, failures_max);
    if (!likely_own) d.unlike = std::min(d.unlike + 1, failures_max);
    d.successes = 0;
    d.newest = f.now;
    d.why = f.why;
    const bool own_work = f.at == stage::done && !was_doubt && (anew || d.bead == f.bead);
    if (own_work) {
        d.soft = true;
        return d.failures > 1 ? meaning::soft : meaning::suspected;
    }
    const bool in_doubt_before = in_doubt();
    if (!was_doubt) harden(d, f.now, &policy);
    newest_ = f.at;
    ordered_ = false;
    if (counts) trying_ = false;
    if (counts || failures_ == 0 || !in_doubt_before)
        failures_ = std::min(failures_ + 1, failures_max);
    last_failure_ = f.now;
    next_try_ = f.now + retry_wait(failures_, draw, policy);
    if (f.not_before) asked_until_ = std::max(asked_until_, *f.not_before);
    return meaning::doubted;
}

void standing::close(stage at, instant now) noexcept {
    const bool was = in_doubt_at(at);
    of(at) = {};
    if (!was) return;
    if (at == stage::done) work_until_ = now;
    if (at != stage::answered) {
        width_ = relapses_ > 0 ? 1 : 2;  // What fell back soon begins with a single one.
        width_by_ = at;
    }
    if (in_doubt()) return;
    let_go_ = now;
    failures_ = 0;
    next_try_ = instant{};
    ordered_ = false;
    trying_ = false;
    ++generation_;
}

bool standing::succeeded(stage at, instant began, instant now) {
    const bool before = in_doubt();
    for (const stage each : all_stages) {
        if (!proves(at, each)) continue;
        auto& newest = success_[static_cast<std::size_t>(each)];
        newest = std::max(newest, began);
        doubt& d = of(each);
        if (d.failures == 0 && width_ > 0 && each == width_by_)
            width_ = width_ < width_max ? width_ * 2 : 0;
        if (d.failures == 0) continue;
        // One bead's failure is refuted by any work that is done after it.
        if (began < d.newest && !(d.soft && began >= d.since)) continue;
        if (!d.soft && ++d.successes < wanted()) {
            next_try_ = now;
            trying_ = false;
            continue;
        }
        close(each, now);
    }
    if (at == stage::done && !in_doubt_at(stage::done)) charges_.clear();
    return before && !in_doubt();
}

bool standing::outage_opened(stage at, instant now, const retry_policy& policy) {
    doubt& d = of(at);
    if (d.failures == 0 || !d.soft) return false;
    harden(d, now, nullptr);
    newest_ = at;
    failures_ = std::max(failures_, 1);
    last_failure_ = d.newest;
    next_try_ = std::max({next_try_, now, d.newest + retry_wait(failures_, 1.0, policy)});
    return true;
}

void standing::tried(instant now) noexcept {
    last_try_ = now;
    ordered_ = false;
    trying_ = true;
}

void standing::due(instant at) noexcept {
    if (in_doubt()) next_try_ = std::min(next_try_, at);
}

void standing::order(instant at) noexcept {
    if (!in_doubt()) return;
    next_try_ = std::min(next_try_, at);
    ordered_ = true;
}

void standing::forget(instant now) noexcept {
    for (const stage at : all_stages)
        close(at, now);
    relapses_ = 0;
    failures_ = 0;
    refused_.clear();
    failed_.clear();
    asked_until_ = {};
    width_ = 0;
}

void standing::note(std::vector<refusal>& list, const bead_id& bead, instant now,
                    instant last_success) {
    std::erase_if(list, [&](const refusal& r) { return now - r.at > refusals_count_for; });
    const auto mine =
        std::find_if(list.begin(), list.end(), [&](const refusal& r) { return r.bead == bead; });
    if (mine == list.end()) {
        if (list.size() >= refused_max) list.erase(list.begin());
        list.push_back({bead, now, 0});
        return;
    }
    if (last_success > mine->at) ++mine->between;
    mine->at = now;
}

const standing::refusal* standing::find(const std::vector<refusal>& list, const bead_id& bead) {
    const auto mine =
        std::find_if(list.begin(), list.end(), [&](const refusal& r) { return r.bead == bead; });
    return mine == list.end() ? nullptr : &*mine;
}

bool standing::refused(const bead_id& bead, instant now) {
    note(refused_, bead, now, last_success(stage::answered));
    const refusal* mine = find(refused_, bead);
    return mine != nullptr && mine->between >= static_cast<int>(refused_.size());
}

void standing::charged(provisional_charge what) {
    if (charges_.size() >= charges_max) charges_.erase(charges_.begin());
    charges_.push_back(std::move(what));
}

std::vector<provisional_charge> standing::take_charges() noexcept {
    return std::exchange(charges_, {});
}

bool standing::is_fresh() const noexcept {
    return std::all_of(doubts_.begin(), doubts_.end(),
                       [](const doubt& d) { return d.failures == 0; }) &&
           charges_.empty() && relapses_ == 0;
}

standing::saved standing::save() const {
    saved out;
    for (std::size_t i = 0; i < stage_count; ++i) {
        const doubt& d = doubts_[i];
        out.doubts[i] = {d.failures, d.unlike, d.successes, d.soft,
                         d.since,    d.newest, d.bead,      d.why};
    }
    out.success = success_;
    out.failures = failures_;
    out.relapses = relapses_;
    out.newest = newest_;
    out.last_failure = last_failure_;
    out.last_try = last_try_;
    out.next_try = next_try_;
    out.asked_until = asked_until_;
    out.let_go = let_go_;
    out.generation = generation_;
    out.charges = charges_;
    return out;
}

standing standing::restored(saved from, instant now, const retry_policy& policy) {
    const auto past = [now](instant at) { return std::min(at, now); };
    standing out;
    for (std::size_t i = 0; i < stage_count; ++i) {
        auto& d = from.doubts[i];
        out.doubts_[i] = {std::clamp(d.failures, 0, failures_max),
                          std::clamp(d.unlike, 0, failures_max),
                          std::clamp(d.successes, 0, 8),
                          d.soft && i == static_cast<std::size_t>(stage::done),
                          past(d.since),
                          past(d.newest),
                          std::move(d.bead),
                          std::move(d.why)};
        out.success_[i] = past(from.success[i]);
    }
    out.newest_ = from.newest;
    out.failures_ = std::clamp(from.failures, 0, failures_max);
    out.relapses_ = std::clamp(from.relapses, 0, relapses_max);
    out.last_failure_ = past(from.last_failure);
    out.last_try_ = past(from.last_try);
    // No wait lasts longer than one could have been asked for, whatever the clock did.
    out.next_try_ = std::min(from.next_try, now + policy.max);
    out.asked_until_ = std::min(from.asked_until, now + retry_after_max);
    out.let_go_ = past(from.let_go);
    out.generation_ = std::max<std::uint64_t>(1, from.generation);
    if (out.in_doubt_at(stage::done)) out.work_since_ = out.of(stage::done).since;
    if (from.charges.size() <= charges_max) out.charges_ = std::move(from.charges);
    return out;
}

}  // namespace townd
