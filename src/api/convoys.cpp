// Convoys: beads that land together.

#include "town/convoys.hpp"

#include <algorithm>

#include "api/convoy_body.hpp"
#include "api/encode.hpp"
#include "api/handlers.hpp"

namespace townd::api {
namespace {

constexpr int page_default = 20;
constexpr int page_max = 50;  // Each is counted bead by bead.

json or_null(const std::optional<std::string>& text) {
    return text ? json(*text) : json(nullptr);
}

json encode(const bead& b, const town::convoy_progress& p) {
    json out;
    out["id"] = b.id;
    out["title"] = b.title;
    out["status"] = to_text(b.status);
    out["rig_id"] = or_null(b.rig);
    out["merge_mode"] = p.row.merge_mode;
    out["staged"] = p.row.staged;
    out["feature_branch"] = or_null(p.row.feature_branch);
    out["total_beads"] = p.beads.size();
    out["closed_beads"] = p.closed;
    out["failed_beads"] = p.failed;
    out["landed_at"] = p.row.landed_at ? json(to_rfc3339(*p.row.landed_at)) : json(nullptr);
    out["reason"] = b.reason.empty() ? json(nullptr) : json(b.reason);
    out["created_by"] = b.created_by.empty() ? json(nullptr) : json(b.created_by);
    out["created_at"] = to_rfc3339(b.created_at);
    out["updated_at"] = to_rfc3339(b.updated_at);
    return out;
}

json beads_of(const town::convoy_progress& p) {
    json out = json::array();
    for (const auto& b : p.beads)
        out.push_back(to_json(b));
    return out;
}

result<json> shown(town::context& ctx, const result<bead>& b) {
    if (!b) return b.error();
    const auto progress = town::progress_of(ctx, b->id);
    json out = encode(*b, progress);
    out["beads"] = beads_of(progress);
    return settled(ctx, std::move(out));
}

using operation = result<bead> (*)(town::context&, const bead_id&);

void operate(const face& self, call c, operation what) {
    write(self, std::move(c), 200,
          [id = c.request.param("id"), what](town::context& ctx) -> result<json> {
              return shown(ctx, what(ctx, id));
          });
}

}  // namespace

result<json> made_convoy(town::context& ctx, const town::new_convoy& wanted) {
    const auto made = town::create_convoy(ctx, wanted);
    if (!made) return made.error();
    const auto progress = town::progress_of(ctx, made->convoy.id);
    json out;
    out["convoy"] = encode(made->convoy, progress);
    out["beads"] = beads_of(progress);
    return settled(ctx, std::move(out));
}

void create_convoy(const face& self, call c) {
    fields in(c.body);
    auto wanted = read_convoy(in, c.body, "title", "beads");
    wanted.created_by = author(c).value_or("api");
    if (!in.sound()) return c.reply(invalid_body(in.issues()));
    write(self, std::move(c), 201,
          [wanted](town::context& ctx) -> result<json> { return made_convoy(ctx, wanted); });
}

void list_convoys(const face& self, call c) {
    store::bead_filter filter;
    filter.type = bead_type::convoy;
    const auto& q = c.request;
    const auto limit = parse_count(q.query_text("limit").value_or(std::to_string(page_default)));
    const auto offset = parse_count(q.query_text("offset").value_or("0"));
    if (!limit || !offset)
        return c.reply(refusal({errc::invalid, "limit and offset must be non-negative integers"}));
    if (const auto status = q.query_text("status"); status && !status->empty()) {
        filter.status = parse_bead_status(*status);
        if (!filter.status)
            return c.reply(
                refusal({errc::invalid, "status must be one of: " + std::string{bead_statuses}}));
    }
    filter.limit = std::min(*limit, page_max);
    filter.offset = *offset;
    read(self, std::move(c), [filter](town::context& ctx) -> result<json> {
        json out = json::array();
        for (const auto& b : ctx.store.list_beads(filter))
            out.push_back(encode(b, town::progress_of(ctx, b.id)));
        return settled(ctx, std::move(out));
    });
}

void show_convoy(const face& self, call c) {
    read(self, std::move(c), [id = c.request.param("id")](town::context& ctx) -> result<json> {
        return shown(ctx, town::find_convoy_bead(ctx, id));
    });
}

void start_convoy(const face& self, call c) {
    operate(self, std::move(c), town::start_convoy);
}

void close_convoy(const face& self, call c) {
    operate(self, std::move(c), town::close_convoy);
}

}  // namespace townd::api
