// The history of a town's beads. The store reads it oldest first, from a moment on.

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <iterator>
#include <utility>

#include "debug/records.hpp"
#include "debug/town_reads.hpp"

namespace townd::debug {
namespace {

// Events of one millisecond are told apart by their row: a cursor is `<ms>.<row>`.
struct place {
    std::int64_t ms = 0;
    std::int64_t row = 0;
};

std::optional<place> parse_place(std::string_view text) {
    place out;
    const char* end = text.data() + text.size();
    const auto ms = std::from_chars(text.data(), end, out.ms);
    if (ms.ec != std::errc{} || ms.ptr == end || *ms.ptr != '.') return std::nullopt;
    const auto row = std::from_chars(ms.ptr + 1, end, out.row);
    if (row.ec != std::errc{} || row.ptr != end) return std::nullopt;
    return out;
}

std::optional<bead_id> named(const bead_id& bead) {
    if (bead.empty()) return std::nullopt;
    return bead;
}

}  // namespace

result<json> event_list(town::context& ctx, const bead_id& bead,
                        const std::optional<instant>& since, const page_request& page) {
    std::optional<instant> from = since;
    place after;
    if (!page.cursor.empty()) {
        const auto parsed = parse_place(page.cursor);
        if (!parsed)
            return failure{errc::invalid,
                           "cursor: use page.next_cursor of the answer before, unchanged"};
        after = *parsed;
        from = from_unix_ms(after.ms - 1);
    }
    auto rows = ctx.store.bead_events(from, named(bead), page_limit_max);
    const bool whole = rows.size() < static_cast<std::size_t>(page_limit_max);
    rows.erase(std::remove_if(rows.begin(), rows.end(),
                              [&](const store::bead_event& e) { return e.order <= after.row; }),
               rows.end());
    const std::size_t shown = std::min(rows.size(), static_cast<std::size_t>(page.limit));
    json items = json::array();
    for (std::size_t i = 0; i < shown; ++i)
        items.push_back(event_record(rows[i]));
    json next;
    if (shown > 0 && (!whole || rows.size() > shown)) {
        const auto& last = rows[shown - 1];
        next = std::to_string(unix_ms(last.at)) + "." + std::to_string(last.order);
    }
    json out;
    out["items"] = std::move(items);
    out["next"] = std::move(next);
    return out;
}

json newest_events(town::context& ctx, const std::optional<bead_id>& bead, std::size_t count) {
    // A window that widens until it holds enough: the newest cannot be asked for directly, and a
    // town's whole history may be long.
    constexpr std::array<std::chrono::minutes, 3> windows{
        std::chrono::minutes{10}, std::chrono::hours{1}, std::chrono::hours{24}};
    std::vector<store::bead_event> rows;
    for (const auto& window : windows) {
        rows = ctx.store.bead_events(ctx.now - window, bead, page_limit_max);
        if (rows.size() >= count) break;
    }
    if (rows.size() < count) rows = ctx.store.bead_events(std::nullopt, bead, page_limit_max);
    const std::size_t from = rows.size() > count ? rows.size() - count : 0;
    json out = json::array();
    for (std::size_t i = rows.size(); i > from; --i)
        out.push_back(event_record(rows[i - 1]));
    return out;
}

}  // namespace townd::debug
