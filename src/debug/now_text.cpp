// The first page for a terminal: same order, no colour, and no byte that a terminal obeys.

#include <algorithm>
#include <iomanip>
#include <sstream>

#include "debug/pages.hpp"

namespace townd::debug {
namespace {

constexpr std::size_t text_towns_max = 20;
constexpr std::size_t text_errors_max = 10;

using engine::town_condition;

std::string plain(std::string_view foreign, std::size_t max = 160) {
    return clean_text(foreign, max);
}

void numbers(std::ostream& out, const overview& sum) {
    out << "towns      " << sum.count(town_condition::dispatching) << " dispatching of "
        << sum.towns << " (" << sum.count(town_condition::idle) << " idle, "
        << sum.count(town_condition::degraded) << " degraded, "
        << sum.count(town_condition::blocked) << " blocked, "
        << sum.count(town_condition::set_aside) << " set aside)\n";
    out << "breakers   " << sum.count(breaker_state::open) << " open, "
        << sum.count(breaker_state::half_open) << " half open, "
        << sum.count(breaker_state::forced_open) + sum.count(breaker_state::forced_closed)
        << " forced\n";
    out << "starts     " << sum.total.in_flight << " in flight of " << sum.total.in_flight_max
        << ", " << sum.agents_working << " agents at work\n";
    out << "waiting    " << sum.waiting.total() << " beads ready, not started";
    if (sum.waiting.oldest) out << "; the oldest for " << to_words(sum.now - *sum.waiting.oldest);
    out << "\nlast tick  ";
    if (sum.total.last_tick_at)
        out << to_words(sum.now - *sum.total.last_tick_at) << " ago";
    else
        out << "none yet";
    out << ", " << sum.total.ticks << " ticks, " << sum.total.towns_late << " towns late\n";
}

void errors(std::ostream& out, const overview& sum) {
    if (sum.errors.empty()) return;
    out << "\nerrors by cause\n";
    for (std::size_t i = 0; i < std::min(sum.errors.size(), text_errors_max); ++i) {
        const auto& e = sum.errors[i];
        out << "  " << plain(e.code) << " in " << plain(e.phase) << " for " << plain(e.role) << ", "
            << e.towns << (e.towns == 1 ? " town, " : " towns, ") << e.count
            << (e.count == 1 ? " time, last " : " times, last ") << to_words(sum.now - e.last_at)
            << " ago: " << plain(e.message) << "\n";
    }
}

void waiting(std::ostream& out, const overview& sum) {
    if (sum.waiting.total() == 0) return;
    out << "\nwhy ready beads wait\n";
    for (int i = 0; i < gate_reason_count; ++i) {
        const int count = sum.waiting.by_reason[static_cast<std::size_t>(i)];
        if (count == 0) continue;
        const auto reason = static_cast<gate_reason>(i);
        out << "  " << std::left << std::setw(20) << to_text(reason) << std::right << std::setw(8)
            << count << "  " << meaning_of(reason) << "\n";
    }
}

}  // namespace

std::string now_text(const overview& sum, summary_list towns) {
    std::ostringstream out;
    out << plain(sum.verdict, 1000) << "\n\n";
    numbers(out, sum);
    errors(out, sum);
    waiting(out, sum);
    sort_worst_first(towns);
    std::size_t shown = 0;
    for (const auto& town : towns) {
        const bool fine = town->condition == town_condition::dispatching ||
                          town->condition == town_condition::idle;
        if (fine || shown == text_towns_max) break;
        if (shown++ == 0) out << "\ntowns, the worst first\n";
        out << "  " << std::left << std::setw(12) << to_text(town->condition) << plain(town->id)
            << ": " << plain(town->problem, 300) << "\n";
    }
    return out.str();
}

}  // namespace townd::debug
