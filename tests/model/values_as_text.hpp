#pragma once
// Every value that a town store answers, as one line of text: two answers are equal when their
// texts are.

#include <string>

#include "store/town_store.hpp"

namespace townd::model::test {

[[nodiscard]] std::string text_of(const dispatch_error& e);
[[nodiscard]] std::string text_of(const live_rows& rows);
/// All that the reads of the interface show of a town, asked for with the ids of `random_steps`.
[[nodiscard]] std::string text_of_town(store::town_store& town);

}  // namespace townd::model::test
