#include "engine/invariant_watch.hpp"

#include <algorithm>

namespace townd::engine {
namespace {

constexpr duration told_after{60'000};
constexpr std::size_t sentences_max = 10;

}  // namespace

instant invariant_watch::see(town::context& ctx, const std::vector<broken_invariant>& found) {
    if (found.empty() && seen_.empty()) return never;
    for (auto& [key, s] : seen_)
        s.still = false;
    instant again = never;
    for (const auto& f : found) {
        auto& s = seen_[std::to_string(f.number) + " " + f.subject];
        if (s.sentence.empty()) s.since = ctx.now;
        s.still = true;
        s.sentence = "invariant " + std::to_string(f.number) + ": " + f.sentence + " (" +
                     std::string{invariant_text(f.number)} + "; repaired by " +
                     std::string{f.repaired_by} + ")";
        if (s.told) continue;
        if (ctx.now - s.since < told_after) {
            again = std::min(again, s.since + told_after);
            continue;
        }
        s.told = true;
        ++ever_;
        ctx.warn("invariant_broken", s.sentence);
    }
    for (const auto& [key, s] : seen_)
        if (!s.still && s.told) ctx.note("invariant_holds", s.sentence);
    std::erase_if(seen_, [](const auto& each) { return !each.second.still; });
    told_ = static_cast<int>(std::count_if(seen_.begin(), seen_.end(),
                                           [](const auto& each) { return each.second.told; }));
    return again;
}

std::vector<std::string> invariant_watch::sentences() const {
    std::vector<std::string> out;
    for (const auto& [key, s] : seen_)
        if (s.told && out.size() < sentences_max) out.push_back(s.sentence);
    return out;
}

}  // namespace townd::engine
