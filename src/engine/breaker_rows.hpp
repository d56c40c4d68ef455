#pragma once
// Breakers as rows of the town's database and back.

#include "store/town_store.hpp"
#include "townd/decide/breaker_set.hpp"

namespace townd::engine {

[[nodiscard]] store::town_store::stored_breaker to_row(const std::string& key,
                                                       const breaker_entry& entry);
/// A row that cannot be read becomes a cautious breaker, never a closed one.
void put_row(breaker_set& into, const store::town_store::stored_breaker& row, instant now,
             double draw, const policy& policies);

}  // namespace townd::engine
