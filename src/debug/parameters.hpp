#pragma once
// The parameters that several routes take, with their closed lists.

#include "debug/route_table.hpp"

namespace townd::debug {

[[nodiscard]] parameter any_text(std::string_view name, std::string_view says);
[[nodiscard]] parameter one_of(std::string_view name, std::string_view says,
                               std::vector<std::string_view> allowed);
[[nodiscard]] parameter some_of(std::string_view name, std::string_view says,
                                std::vector<std::string_view> allowed);
[[nodiscard]] parameter some_texts(std::string_view name, std::string_view says);
[[nodiscard]] parameter whole(std::string_view name, std::string_view says, std::int64_t low,
                              std::int64_t high);
[[nodiscard]] parameter a_flag(std::string_view name, std::string_view says);
[[nodiscard]] parameter a_moment(std::string_view name, std::string_view says);
[[nodiscard]] parameter ago(std::string_view name, std::string_view says);

[[nodiscard]] parameter of_town();
[[nodiscard]] parameter of_role();
/// `limit` and `cursor`, behind `first`.
[[nodiscard]] std::vector<parameter> paged(std::vector<parameter> first = {});

[[nodiscard]] std::vector<std::string_view> roles();
[[nodiscard]] std::vector<std::string_view> town_states();
[[nodiscard]] std::vector<std::string_view> breaker_states();
[[nodiscard]] std::vector<std::string_view> breaker_scopes();
[[nodiscard]] std::vector<std::string_view> gate_reasons();
[[nodiscard]] std::vector<std::string_view> error_codes();

}  // namespace townd::debug
