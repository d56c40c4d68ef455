#include "scenario/family.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "sim/random.hpp"

namespace townd::scenario {
namespace {

const possibility& pick(const possibilities& of, sim::random& chance) {
    static const possibility nothing;
    double all = 0.0;
    for (const auto& each : of)
        all += each.weight;
    double at = chance.draw() * all;
    for (const auto& each : of)
        if ((at -= each.weight) < 0.0) return each;
    return of.empty() ? nothing : of.back();
}

double number_in(const possibilities& of, sim::random& chance) {
    const auto& range = pick(of, chance);
    return range.min + (range.max - range.min) * chance.draw();
}

int whole_in(const possibilities& of, sim::random& chance) {
    const auto& range = pick(of, chance);
    return chance.between(static_cast<int>(range.min), static_cast<int>(range.max));
}

duration span_in(const possibilities& of, sim::random& chance) {
    // Whole seconds, as a person would write them.
    return duration{static_cast<duration::rep>(number_in(of, chance)) / 1'000 * 1'000};
}

bool may_be_the_beads(sim::fault what) {
    return what == sim::fault::work_fails || what == sim::fault::bad_request ||
           what == sim::fault::vanishes;
}

void draw_texts(trouble& out, const family& from, sim::random& chance) {
    const auto& texts = pick(from.texts, chance);
    if (texts.word.empty()) {
        out.texts = sim::text_kind::hosts;
        out.text_count = static_cast<int>(texts.min);
    }
    constexpr std::array<std::string_view, 5> kinds{"same", "hosts", "town", "agent", "random"};
    for (std::size_t i = 0; i < kinds.size(); ++i)
        if (texts.word == kinds[i]) out.texts = static_cast<sim::text_kind>(i);
    const int retry = chance.between(0, 2);
    if (retry > 0) out.retry_after = retry == 1 ? duration{0} : duration{30'000};
    constexpr std::array<int, 3> statuses{400, 413, 422};
    out.status = statuses[chance.below(statuses.size())];
}

// A part of its towns is well before the rest.
void draw_repairs(trouble& out, const family& from, sim::random& chance) {
    const int steps = whole_in(from.repairs, chance);
    for (int i = 1; i <= steps; ++i) {
        const duration at = out.from + (out.until - out.from) * i / (steps + 1);
        out.repairs.push_back({at, static_cast<double>(i) / (steps + 1)});
    }
}

void draw_scope(trouble& out, const scenario& of, const family& from, sim::random& chance) {
    const auto& role = pick(from.roles, chance).word;
    if (const auto one = parse_agent_role(role)) out.roles.push_back(*one);
    const int broken = whole_in(from.broken_rigs, chance);
    if (broken > 0 && broken < of.rigs) {
        out.first_rig = chance.between(0, of.rigs - broken);
        out.rigs = broken;
    }
}

trouble draw_trouble(const scenario& of, const family& from, sim::random& chance) {
    trouble out;
    out.what = sim::parse_fault(pick(from.faults, chance).word).value_or(sim::fault::http_500);
    out.name = sim::to_text(out.what);
    out.from = span_in(from.from, chance);
    out.until = out.from + std::max(span_in(from.lasts, chance), duration{60'000});
    out.strength = number_in(from.strength, chance);
    const auto& whose = pick(from.whose, chance).word;
    if (may_be_the_beads(out.what) && whose == "bead") {
        out.whose = sim::culprit::bead;
        out.strength = number_in(from.bad_beads, chance);
    } else {
        out.whose = sim::culprit::platform;
    }
    const double share = number_in(from.ill, chance);
    out.towns = std::clamp(static_cast<int>(std::lround(share * of.towns)), 1, of.towns);
    draw_texts(out, from, chance);
    draw_scope(out, of, from, chance);
    draw_repairs(out, from, chance);
    return out;
}

void draw_faults(scenario& out, const family& from, sim::random& chance) {
    const int causes = whole_in(from.causes, chance);
    const auto overlap = pick(from.overlap, chance).word;
    for (int i = 0; i < causes; ++i) {
        trouble one = draw_trouble(out, from, chance);
        if (overlap == "split") {  // Each has its part of the fleet.
            const int first = out.towns * i / causes;
            const int part = out.towns * (i + 1) / causes - first;
            if (part == 0) continue;
            one.first_town = first;
            one.towns = std::clamp(one.towns / causes, 1, part);
        } else if (overlap == "any") {
            one.first_town = chance.between(0, out.towns - one.towns);
        }
        out.faults.push_back(std::move(one));
    }
}

void draw_life(scenario& out, const family& from, sim::random& chance) {
    const duration end = out.length;
    for (int i = whole_in(from.restarts, chance); i > 0; --i)
        out.restarts.push_back(chance.between(end / 10, end * 8 / 10));
    std::sort(out.restarts.begin(), out.restarts.end());
    const auto& what = pick(from.changes, chance).word;
    using kind = sim::fleet_change::kind;
    const auto change = [&](kind k) {
        const int count = chance.between(1, std::max(1, out.towns / 8));
        out.changes.push_back({k, chance.between(end / 10, end * 8 / 10), count});
    };
    if (what == "towns" && out.towns > 1) change(kind::delete_towns);
    if (what == "towns") change(kind::add_towns);
    if (what == "rigs") change(kind::add_rigs);
    if (what == "rigs" && out.rigs > 1) change(kind::delete_rigs);
    if (what == "agents") change(kind::delete_agents);
}

}  // namespace

scenario draw(const family& from, std::uint64_t seed) {
    sim::random chance{seed};
    scenario out;
    out.name = "family-" + std::to_string(seed);
    out.about = from.about;
    out.seed = seed;
    out.towns = std::max(1, whole_in(from.towns, chance));
    out.rigs = std::max(1, whole_in(from.rigs, chance));
    out.work.beads_at_start = whole_in(from.beads_at_start, chance);
    const duration every = span_in(from.one_more_every, chance);
    if (every > duration{0}) out.work.beads_per_hour = 3600.0 / to_seconds(every);
    out.work.work_min = std::max(span_in(from.work_time, chance), duration{1'000});
    out.work.work_max = out.work.work_min * 3;
    out.work.mayor_messages = whole_in(from.mayor_messages, chance);
    out.judge_fleet = true;
    draw_faults(out, from, chance);
    for (const auto& f : out.faults)
        out.length = std::max(out.length, f.until);
    out.length += std::max(span_in(from.after, chance), duration{600'000});
    out.work.arrive_until = out.length;
    draw_life(out, from, chance);
    return out;
}

std::string described(const scenario& what) {
    std::string out = std::to_string(what.towns) + " towns of " + std::to_string(what.rigs) +
                      " rigs for " + to_words(what.length) + "\n";
    for (const auto& f : what.faults) {
        const bool platform = sim::whose(f) == sim::culprit::platform;
        out += "  " + f.name + ": towns " + std::to_string(f.first_town + 1) + ".." +
               std::to_string(f.first_town + f.towns) + ", " + figure_text(f.strength * 100.0) +
               " %, from " + to_words(f.from) + " to " + to_words(f.until) + ", " +
               (platform ? "the platform's" : "the beads'") + " fault";
        if (f.rigs < what.rigs)
            out += ", rigs " + std::to_string(f.first_rig + 1) + ".." +
                   std::to_string(f.first_rig + f.rigs);
        for (const auto role : f.roles)
            out += ", " + std::string{to_text(role)};
        if (!f.repairs.empty())
            out += ", repaired in " + std::to_string(f.repairs.size() + 1) + " steps";
        out += "\n";
    }
    for (const auto at : what.restarts)
        out += "  the daemon is killed after " + to_words(at) + "\n";
    for (const auto& c : what.changes) {
        constexpr std::array<std::string_view, 5> words{"towns are added", "towns are deleted",
                                                        "rigs are added", "rigs are deleted",
                                                        "agents are deleted"};
        out += "  " + std::to_string(c.count) + " " +
               std::string{words[static_cast<std::size_t>(c.what)]} + " after " + to_words(c.at) +
               "\n";
    }
    return out;
}

namespace {

// How far a measure is over its limit, as a share of it.
double excess(double value, double limit) {
    return (value - limit) / std::max(limit, 1.0);
}

void judge(std::vector<worst>& all, const sim::fleet_report& told, std::uint64_t seed) {
    for (const auto& f : told.findings) {
        if (!f.seen) continue;
        auto known = std::find_if(all.begin(), all.end(),
                                  [&](const worst& w) { return w.limit && w.name == f.name; });
        if (known == all.end())
            known =
                all.insert(all.end(), {std::string{f.name}, f.sentence, f.worst, seed, f.limit, 0});
        if (!f.ok) ++known->missed;
        if (excess(f.worst, f.limit) <= excess(known->value, *known->limit)) continue;
        known->words = f.sentence;
        known->value = f.worst;
        known->limit = f.limit;
        known->seed = seed;
    }
}

}  // namespace

std::vector<worst> worst_of(const family& from, std::uint64_t first, int count,
                            const std::function<void(const report&)>& each) {
    constexpr std::array<std::string_view, 13> bounded{"invariants_broken",
                                                       "first_hour_troubles",
                                                       "max_later_hour_troubles",
                                                       "max_town_first_hour_troubles",
                                                       "max_town_later_hour_troubles",
                                                       "seconds_from_repair_to_last_town",
                                                       "towns_not_back",
                                                       "beads_failed_for_others",
                                                       "beads_parked_at_end",
                                                       "beads_charged_at_end",
                                                       "platform_failed_sessions",
                                                       "refused",
                                                       "false_alarms"};
    std::vector<worst> out;
    for (const auto name : bounded)
        for (const auto& kind : figure_table())
            if (kind.name == name)
                out.push_back({std::string{name}, std::string{kind.words}, -1.0, first, {}, 0});
    for (int i = 0; i < count; ++i) {
        const auto seed = first + static_cast<std::uint64_t>(i);
        const report done = simulate(draw(from, seed));
        for (auto& w : out)
            for (const auto& f : done.figures)
                if (f.name == w.name && f.value && *f.value > w.value) {
                    w.value = *f.value;
                    w.seed = seed;
                }
        if (done.came.run.judged) judge(out, *done.came.run.judged, seed);
        if (each) each(done);
    }
    return out;
}

}  // namespace townd::scenario
