#pragma once
// What `status` and `watch` print.

#include <string>

#include "ctl/session.hpp"
#include "ctl/text.hpp"

namespace townd::ctl {

/// The verdict, five numbers, the causes, the orders and outages: one screen.
[[nodiscard]] std::string status_text(const json& summary, const json& overrides,
                                      const json& outages, const screen& on);
/// Towns that cannot dispatch, an open outage, or a reconciler that is late.
[[nodiscard]] bool is_bad(const json& summary, const json& outages);

struct looked {
    answer summary;
    json overrides;
    json outages;
};
[[nodiscard]] outcome<looked> look_at(session& of);

}  // namespace townd::ctl
