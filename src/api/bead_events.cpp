// The history of a rig's beads.

#include <map>
#include <set>

#include "api/encode.hpp"
#include "api/fields.hpp"
#include "api/handlers.hpp"

namespace townd::api {
namespace {

constexpr int page_max = 1000;
constexpr int rounds_max = 20;  // Pages read at most for one answer.

struct wanted_events {
    rig_id rig;
    std::optional<instant> since;
    std::optional<bead_id> bead;
    int limit = 100;
};

// Whether a bead is one of the rig's; asked once for each.
class rig_members {
public:
    rig_members(town::context& ctx, const rig_id& rig) : ctx_(ctx), rig_(rig) {}
    bool has(const bead_id& id) {
        const auto known = answers_.find(id);
        if (known != answers_.end()) return known->second;
        const auto b = ctx_.store.find_bead(id);
        return answers_[id] = b && b->rig == rig_;
    }

private:
    town::context& ctx_;
    const rig_id& rig_;
    std::map<bead_id, bool> answers_;
};

// The history is the town's; other rigs' part of it is left out, so a page may take several looks.
json collect(town::context& ctx, const wanted_events& want) {
    json out = json::array();
    const auto limit = static_cast<std::size_t>(want.limit);
    rig_members members(ctx, want.rig);
    std::set<std::int64_t> seen;
    auto since = want.since;
    for (int round = 0; round < rounds_max && out.size() < limit; ++round) {
        const auto page = ctx.store.bead_events(since, want.bead, page_max);
        bool news = false;
        for (const auto& e : page) {
            if (!seen.insert(e.order).second) continue;
            news = true;
            if (out.size() < limit && (want.bead || members.has(e.bead))) out.push_back(to_json(e));
        }
        if (!news || page.size() < static_cast<std::size_t>(page_max)) break;
        since = page.back().at - duration{1};  // Others of the same millisecond may follow.
    }
    return out;
}

}  // namespace

void list_bead_events(const face& self, call c) {
    wanted_events want;
    want.rig = c.rig();
    const auto limit = parse_count(c.request.query_text("limit").value_or("100"));
    if (!limit) return c.reply(refusal({errc::invalid, "limit must be a non-negative integer"}));
    want.limit = std::min(*limit, page_max);
    want.bead = c.request.query_text("bead_id");
    if (want.bead && want.bead->empty()) want.bead.reset();
    if (const auto text = c.request.query_text("since"); text && !text->empty()) {
        want.since = parse_time(*text);
        if (!want.since)
            return c.reply(
                refusal({errc::invalid, "since must be a time, as in 2026-11-22T10:12:02.155Z"}));
    }
    read(self, std::move(c), [want](town::context& ctx) -> result<json> {
        if (auto home = rig_at(ctx, want.rig); !home) return home.error();
        if (want.bead) {
            if (auto b = bead_at(ctx, want.rig, *want.bead); !b) return b.error();
        }
        return settled(ctx, collect(ctx, want));
    });
}

}  // namespace townd::api
