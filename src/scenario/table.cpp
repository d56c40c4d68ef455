// The report for people.

#include <algorithm>

#include "scenario/figures.hpp"

namespace townd::scenario {
namespace {

std::string padded(std::string_view text, std::size_t width, bool right) {
    std::string out{text};
    const std::size_t more = out.size() < width ? width - out.size() : 0;
    return right ? std::string(more, ' ') + out : out + std::string(more, ' ');
}

std::string row(std::string_view first, const tally& t) {
    std::string out = padded(first, 8, true);
    for (const auto* const counts :
         {&t.attempts, &t.ok, &t.failed, &t.unknown, &t.neutral, &t.suppressed})
        out += padded(std::to_string(sum(*counts)), 12, true);
    return out + "\n";
}

std::string hours_of(const report& r) {
    std::string out = padded("hour", 8, true);
    for (const std::string_view head :
         {"attempts", "started", "failed", "unknown", "neutral", "suppressed"})
        out += padded(head, 12, true);
    out += "\n";
    tally all;
    for (std::size_t h = 0; h < r.hours.size(); ++h) {
        out += row(std::to_string(h + 1), r.hours[h]);
        all.add(r.hours[h]);
    }
    return r.hours.size() > 1 ? out + row("all", all) : out;
}

std::string events_of(const report& r) {
    std::string out;
    constexpr std::size_t lines_max = 20;
    const auto& outages = r.came.run.outages;
    for (std::size_t i = 0; i < outages.size() && i < lines_max; ++i) {
        const auto& o = outages[i];
        out += "outage of " + std::string{to_text(o.role)} + ": from " + to_words(o.opened) +
               (o.closed ? " to " + to_words(*o.closed) : " on, open at the end") + ", " +
               std::to_string(o.members_peak) + " towns, " + o.cause + "\n";
    }
    if (outages.size() > lines_max)
        out += "and " + std::to_string(outages.size() - lines_max) + " outages more\n";
    const auto& repairs = r.came.run.repairs;
    for (std::size_t i = 0; i < repairs.size() && i < lines_max; ++i) {
        const auto& repair = repairs[i];
        out += "repair at " + to_words(repair.at) + " (" + repair.names + "): ";
        if (repair.towns == 0) {
            out += "no town had work that waited\n";
            continue;
        }
        out += std::to_string(repair.back) + " of " + std::to_string(repair.towns) +
               " towns with waiting work started again";
        if (repair.first) out += ", the first after " + to_words(*repair.first);
        if (repair.last) out += ", the last after " + to_words(*repair.last);
        out += "\n";
    }
    return out.empty() ? out : out + "\n";
}

std::string verdicts_of(const report& r) {
    std::string out;
    if (const auto& broken = r.came.run.broken)
        out += "MISSED  invariant " + broken->invariant + " in " + broken->town + ": " +
               broken->sentence + "\n";
    for (const auto& v : r.verdicts)
        out += std::string{v.ok ? "ok      " : "MISSED  "} + padded(v.wanted.figure, 36, false) +
               figure_text(v.reached) + ", must be " + bound_text(v.wanted) + "\n";
    return out;
}

}  // namespace

std::string table_of(const report& r) {
    std::string out = r.what.name + ": " + std::to_string(r.what.towns) + " towns for " +
                      to_words(r.what.length) + ", seed " + std::to_string(r.what.seed) + "\n";
    if (!r.what.about.empty()) out += r.what.about + "\n";
    out += "\n" + hours_of(r) + "\n" + events_of(r);
    for (const auto& f : r.figures)
        out += padded(f.name, 36, false) + padded(figure_text(f.value), 12, true) + "  " +
               std::string{f.words} + "\n";
    const auto verdicts = verdicts_of(r);
    return verdicts.empty() ? out : out + "\n" + verdicts;
}

}  // namespace townd::scenario
