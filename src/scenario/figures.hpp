#pragma once
// The named figures of a report: what `must` speaks of and JSON carries.

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "scenario/record.hpp"
#include "scenario/scenario.hpp"

namespace townd::scenario {

/// A run, and what it is compared with.
struct outcome {
    record run;
    std::optional<record> calm;  ///< The same without faults, when the scenario asks for it.
};

struct figure_kind {
    std::string_view name;
    std::string_view words;  ///< For people.
    /// None when there is nothing to measure, or when it never happened.
    std::optional<double> (*of)(const outcome&);
};
[[nodiscard]] std::span<const figure_kind> figure_table() noexcept;

/// What a bound says of a run.
struct verdict {
    bound wanted;
    std::optional<double> reached;
    bool ok = false;
};

struct figure {
    std::string_view name;
    std::string_view words;
    std::optional<double> value;
};

/// All that is told of a run.
struct report {
    scenario what;
    outcome came;
    std::vector<tally> hours;
    std::vector<figure> figures;
    std::vector<verdict> verdicts;
    [[nodiscard]] bool reached() const noexcept;  ///< No bound missed, no invariant broken.
};

/// Runs it. Takes no real time but what it computes.
[[nodiscard]] report simulate(scenario what);
/// Of a run that is over.
[[nodiscard]] report report_on(scenario what, outcome came);

/// `300`, `0.25`, `none`.
[[nodiscard]] std::string figure_text(const std::optional<double>& value);
/// `at most 300`, `exactly 5`, `from 3 to 8`.
[[nodiscard]] std::string bound_text(const bound& wanted);

/// For people: hours, figures, what `must` says.
[[nodiscard]] std::string table_of(const report& r);
/// One JSON object; see docs/scenarios.md.
[[nodiscard]] std::string json_of(const report& r);
/// A picture: attempts a minute, outages, open breakers. One SVG without scripts and references.
[[nodiscard]] std::string picture_of(const report& r);

}  // namespace townd::scenario
