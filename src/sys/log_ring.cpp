#include "sys/log_ring.hpp"

#include <algorithm>
#include <deque>
#include <mutex>

#include "townd/words/error.hpp"

namespace townd::sys {
namespace {

constexpr std::size_t text_bytes_max = 1024;
constexpr std::size_t fields_max = 16;

std::size_t size_of(const kept_line& line) {
    std::size_t out = sizeof line + line.event.size() + line.text.size();
    for (const auto& [name, value] : line.fields)
        out += sizeof(std::pair<std::string, std::string>) + name.size() + value.size();
    return out;
}

struct ring {
    std::mutex mutex;
    std::deque<kept_line> lines;  // The oldest first.
    std::size_t bytes = 0;
    std::uint64_t dropped = 0;
};

// Never destroyed: the last lines are written while the process ends.
ring& the_ring() {
    static auto* const one = new ring;
    return *one;
}

bool is_of(const kept_line& line, std::string_view town) {
    if (town.empty()) return true;
    return std::any_of(line.fields.begin(), line.fields.end(), [&](const auto& field) {
        return field.first == "town" && field.second == town;
    });
}

}  // namespace

void keep_line(instant at, log_level level, std::string_view event, std::string_view text,
               std::span<const log_field> fields) {
    kept_line line{at, level, clean_text(event, 64), clean_text(text, text_bytes_max), {}};
    for (const auto& field : fields.first(std::min(fields.size(), fields_max)))
        line.fields.emplace_back(clean_text(field.name, 32),
                                 clean_text(field.value, text_bytes_max));
    auto& r = the_ring();
    std::deque<kept_line> gone;  // Made before the lock, so freed after it.
    const std::scoped_lock lock(r.mutex);
    r.bytes += size_of(line);
    r.lines.push_back(std::move(line));
    while (r.lines.size() > kept_lines_max || r.bytes > kept_bytes_max) {
        r.bytes -= size_of(r.lines.front());
        gone.push_back(std::move(r.lines.front()));
        r.lines.pop_front();
        ++r.dropped;
    }
}

std::vector<kept_line> newest_lines(log_level least, std::string_view town, std::size_t limit) {
    auto& r = the_ring();
    std::vector<kept_line> out;
    const std::scoped_lock lock(r.mutex);
    for (auto at = r.lines.rbegin(); at != r.lines.rend() && out.size() < limit; ++at)
        if (at->level >= least && is_of(*at, town)) out.push_back(*at);
    return out;
}

kept_lines how_much_is_kept() {
    auto& r = the_ring();
    const std::scoped_lock lock(r.mutex);
    return {r.lines.size(), r.bytes, r.dropped,
            r.lines.empty() ? std::nullopt : std::optional{r.lines.front().at}};
}

}  // namespace townd::sys
