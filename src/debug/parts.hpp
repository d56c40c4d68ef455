#pragma once
// The pieces that the pages are made of.

#include <optional>
#include <string>
#include <string_view>

#include "debug/face.hpp"
#include "debug/html.hpp"
#include "engine/fleet.hpp"
#include "json/json.hpp"

namespace townd::debug {

/// How much attention something asks for; picks colour, never alone.
enum class tone : std::uint8_t { ok, calm, warn, bad };
[[nodiscard]] std::string_view to_text(tone t) noexcept;

/// The value under `key`, or a null: pages never fail over a missing field.
[[nodiscard]] const json& field(const json& object, std::string_view key);
[[nodiscard]] std::string shown(const json& object, std::string_view key);
[[nodiscard]] std::int64_t whole(const json& object, std::string_view key);

/// A state as a symbol and a word, in its tone.
[[nodiscard]] markup state_mark(std::string_view state);
/// The symbol alone.
[[nodiscard]] markup symbol_of(std::string_view state);
[[nodiscard]] tone tone_of(std::string_view state) noexcept;

/// `3 min ago`, or `in 3 min`, with the exact time as its title. `name` as in `<name>_at`.
[[nodiscard]] markup past(const json& object, std::string_view name);
[[nodiscard]] markup ahead(const json& object, std::string_view name);
[[nodiscard]] markup ago(instant at, instant now);
/// `in 38 s`, `now due`; a dash for no time at all.
[[nodiscard]] markup in_time(instant at, instant now);
/// A dash.
[[nodiscard]] markup no_value();
/// The term of a list of terms; its description follows.
void dt(markup& out, std::string_view name);
/// The same of a time under `key`, past or ahead; a dash when there is none.
[[nodiscard]] markup when(const json& object, std::string_view key, instant now);

[[nodiscard]] markup town_link(std::string_view town, std::string_view name);
[[nodiscard]] markup bead_link(std::string_view town, std::string_view bead);

/// Code, phase, message and what else the error carries, in a few lines.
[[nodiscard]] markup error_cell(const json& error);
[[nodiscard]] markup attempts_table(const json& attempts, bool with_bead);
[[nodiscard]] markup breakers_table(const json& breakers);

}  // namespace townd::debug
