#pragma once
// What every town store keeps of a value, whatever it keeps it in: the bounds inside its rows, the
// texts of its JSON columns, and the words of its refusals.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "townd/words/dispatch.hpp"
#include "townd/words/live_rows.hpp"
#include "townd/words/town.hpp"

namespace townd::store {

inline constexpr std::size_t reason_bytes_max = 1024;  ///< Of a bead.
inline constexpr std::size_t note_bytes_max = 1024;    ///< Rules and reasons of dispatches.
inline constexpr std::size_t status_message_bytes_max = 1024;
inline constexpr std::size_t event_error_bytes_max = 1024;
inline constexpr int page_rows_max = 1000;
inline constexpr std::size_t page_bytes_max = 16 * 1024 * 1024;
/// Nudges that are looked at for one agent.
inline constexpr int pending_nudges_max = 1000;
/// Histories are pruned in strides, and so far that the bound holds until the next stride.
inline constexpr int prune_stride = 64;
/// Rows of one history that one prune_history looks at: those that stay cost time as well.
inline constexpr int history_seen_max = 10'000;

/// `too_large`: a JSON text over its bound; cut, it would be no JSON.
[[nodiscard]] failure over_bound(std::string_view what, std::string_view id, std::size_t bytes,
                                 std::size_t max);
[[nodiscard]] failure no_such_row(std::string_view what, std::string_view id);
[[nodiscard]] failure identity_taken(std::string_view identity);
[[nodiscard]] failure rig_name_taken(std::string_view name);

[[nodiscard]] std::string labels_text(const std::vector<std::string>& labels);
/// False when the text is no list of texts.
[[nodiscard]] bool read_labels(std::string_view text, std::vector<std::string>& out);

/// An unknown status keeps the text that it came with.
[[nodiscard]] std::string status_to_store(const agent& a);

/// The config text with the rig's own fields in it.
[[nodiscard]] std::string merged_config(const rig& r);
/// Sets the rig's own fields from its config text; false when that is no JSON object.
[[nodiscard]] bool read_config(rig& r);

[[nodiscard]] std::string admissions_text(const std::vector<admission>& admissions);
[[nodiscard]] std::vector<admission> admissions_from(std::string_view text);

/// What the metadata of a merge request keeps of its pull request.
void read_pull_request(std::string_view metadata_json, review& r);
/// What an escalation or triage request says it is about; empty for any other bead.
[[nodiscard]] std::optional<concern> concern_of(const bead& b);
/// How often a convoy tried to land, by the metadata of its bead.
void read_landing(std::string_view metadata_json, convoy_standing& c);
/// Counts a bead that tracks the convoy: one of its issues, or a merge request that lands it.
void count_member(convoy_standing& c, const bead_id& id, std::string_view type,
                  std::string_view status);

/// The source that the metadata of a merge request names, for reviews without an edge to it.
[[nodiscard]] std::optional<bead_id> source_in_metadata(std::string_view metadata_json);

}  // namespace townd::store
