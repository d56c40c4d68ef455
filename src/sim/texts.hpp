#pragma once
// What failures say: the words of a fault, and how they differ from town to town.

#include <string>

#include "sim/agents.hpp"
#include "sim/faults.hpp"

namespace townd::sim {

/// `{who}` in a window's words: a host, an agent, or ids. Empty for text_kind::same.
[[nodiscard]] std::string differs(const fault_level& level, const start_seen& what,
                                  std::uint64_t luck);
/// What the window says of this failure, or `usual`.
[[nodiscard]] std::string words_of(const fault_level& level, const start_seen& what,
                                   std::uint64_t luck, instant began, std::string_view usual);
/// A host name for each number, of letters only.
[[nodiscard]] std::string host_name(std::uint64_t number);

}  // namespace townd::sim
