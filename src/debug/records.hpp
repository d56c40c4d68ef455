#pragma once
// The words of a town as JSON, one function a kind. Every field is always there; `null` means that
// it does not apply. An instant that is past or ahead also comes as seconds, so that no reader has
// to trust its own clock.

#include <optional>
#include <string_view>

#include "engine/fleet.hpp"
#include "json/json.hpp"
#include "store/town_store.hpp"
#include "townd/decide/breaker_set.hpp"

namespace townd::debug {

/// RFC 3339, or null for nothing, for the epoch and for `never`.
[[nodiscard]] json time_or_null(const std::optional<instant>& at);
[[nodiscard]] json text_or_null(const std::optional<std::string>& text);
[[nodiscard]] json text_or_null(std::string_view text);
/// Sets `<name>_at` and `<name>_age_seconds`.
void put_past(json& into, std::string_view name, const std::optional<instant>& at, instant now);
/// Sets `<name>_at` and `<name>_in_seconds` (0 once it is past).
void put_ahead(json& into, std::string_view name, const std::optional<instant>& at, instant now);

[[nodiscard]] json bead_record(const bead& b, instant now);
[[nodiscard]] json agent_record(const agent& a, const breaker_set& breakers, instant now);
/// `next_attempt`: when the bead is tried again, where that is known.
[[nodiscard]] json attempt_record(const town_id& town, const dispatch& d, instant now,
                                  const std::optional<instant>& next_attempt = std::nullopt);
/// An error as all records carry it.
[[nodiscard]] json error_body(const dispatch_error& error, std::string_view role);
/// A failure kept with a bead: the error, and which attempt of whom it ended when.
[[nodiscard]] json failure_record(const kept_failure& f, agent_role role,
                                  std::string_view agent_name, instant now);
[[nodiscard]] json breaker_record(const town_id& town, std::string_view key,
                                  const breaker_entry& entry, instant now);
[[nodiscard]] json event_record(const store::bead_event& e);
[[nodiscard]] json town_record(const engine::town_summary& s, instant now);
[[nodiscard]] json stuck_record(const engine::stuck_work& stuck, instant now);
[[nodiscard]] json waiting_record(const waiting_counts& waiting, instant now);

}  // namespace townd::debug
