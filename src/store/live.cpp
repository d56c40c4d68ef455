// What a tick decides over.

#include <unordered_map>

#include "store/kept.hpp"
#include "store/live_sql.hpp"
#include "store/sqlite_town_store.hpp"

namespace townd::store {
namespace live_sql {

const scan_text& beads() {
    static const std::string from =
        "SELECT " + bead_columns +
        " FROM beads b LEFT JOIN townd_beads t ON t.bead_id = b.bead_id ";
    static const std::string all =
        from + "WHERE b.status NOT IN ('closed','failed') AND b.type <> 'agent'";
    static const std::string one = from + "WHERE b.rowid = ?1";
    static const scan_text text{"beads", all,
                                "SELECT b.rowid, b.bead_id FROM beads b "
                                "WHERE b.status NOT IN ('closed','failed') AND b.type <> 'agent'",
                                one};
    return text;
}

const scan_text& agents() {
    static const std::string from = "SELECT " + agent_columns +
                                    " FROM beads b LEFT JOIN agent_metadata m ON "
                                    "m.bead_id = b.bead_id ";
    static const std::string all = from + "WHERE b.type = 'agent'";
    static const std::string one = from + "WHERE b.rowid = ?1";
    static const scan_text text{"agent_metadata", all,
                                "SELECT rowid, bead_id FROM beads WHERE type = 'agent'", one};
    return text;
}

const scan_text& rigs() {
    static const std::string all = "SELECT " + rig_columns + " FROM rigs r";
    static const std::string one = all + " WHERE r.rowid = ?1";
    static const scan_text text{"rigs", all, "SELECT rowid, id FROM rigs", one};
    return text;
}

const scan_text& reviews() {
    static const std::string from = "SELECT " + review_columns +
                                    " FROM beads b LEFT JOIN review_metadata r ON "
                                    "r.bead_id = b.bead_id ";
    static const std::string all =
        from + "WHERE b.type = 'merge_request' AND b.status NOT IN ('closed','failed')";
    static const std::string one = from + "WHERE b.rowid = ?1";
    static const scan_text text{
        "review_metadata", all,
        "SELECT b.rowid, b.bead_id FROM beads b "
        "WHERE b.type = 'merge_request' AND b.status NOT IN ('closed','failed')",
        one};
    return text;
}

const scan_text& dispatches() {
    static const std::string from = "SELECT " + dispatch_columns + " FROM townd_dispatches d ";
    static const std::string all = from + "WHERE d.state IN ('intent','unknown','started')";
    static const std::string one = from + "WHERE d.rowid = ?1";
    static const scan_text text{"townd_dispatches", all,
                                "SELECT rowid, dispatch_id FROM townd_dispatches "
                                "WHERE state IN ('intent','unknown','started')",
                                one};
    return text;
}

std::vector<std::string_view> all() {
    std::vector<std::string_view> out{dependencies, links,       staged, convoys,
                                      convoy_beads, escalations, stops};
    for (const auto* each : {&beads(), &agents(), &rigs(), &reviews(), &dispatches()}) {
        out.push_back(each->all);
        out.push_back(each->ids);
        out.push_back(each->one);
    }
    return out;
}

}  // namespace live_sql

namespace {

void read_edges(connection& db, live_rows& out) {
    query edge(db, live_sql::dependencies);
    while (edge.next()) {
        dependency d{edge.text(0), edge.text(1), "blocks", std::nullopt};
        // A status that is none holds what waits for it: nobody knows that it is over.
        if (!edge.is_null(2))
            d.on_status = parse_bead_status(edge.view(3)).value_or(bead_status::open);
        out.dependencies.push_back(std::move(d));
    }
    query link(db, live_sql::links);
    while (link.next())
        out.links.push_back({link.text(0), link.text(1),
                             parse_bead_status(link.view(2)).value_or(bead_status::open)});
    query staged(db, live_sql::staged);
    while (staged.next())
        out.staged.push_back(staged.text(0));
}

void read_convoys(connection& db, live_rows& out) {
    {
        query row(db, live_sql::convoys);
        while (row.next()) {
            convoy_standing c;
            c.id = row.text(0);
            read_landing(row.view(1), c);
            c.counted_total = row.small_number(2);
            c.counted_closed = row.small_number(3);
            c.feature_branch = row.optional_text(4);
            c.lands_by_review = row.view(5) != "review-and-merge";
            c.staged = row.flag(6);
            out.convoys.push_back(std::move(c));
        }
    }
    if (out.convoys.empty()) return;
    std::unordered_map<std::string_view, convoy_standing*> by_id;
    for (auto& c : out.convoys)
        by_id.emplace(c.id, &c);
    query member(db, live_sql::convoy_beads);
    while (member.next()) {
        const auto found = by_id.find(member.view(0));
        if (found == by_id.end()) continue;
        count_member(*found->second, member.text(1), member.view(2), member.view(3));
    }
}

void read_concerns(connection& db, live_rows& out) {
    std::unordered_map<std::string_view, std::size_t> escalations;
    for (const auto& b : out.beads) {
        auto about = concern_of(b);
        if (!about) continue;
        out.concerns.push_back(*std::move(about));
        if (b.type == bead_type::escalation) escalations.emplace(b.id, out.concerns.size() - 1);
    }
    if (escalations.empty()) return;
    query row(db, live_sql::escalations);
    while (row.next()) {
        const auto found = escalations.find(row.view(0));
        if (found == escalations.end()) continue;
        auto& about = out.concerns[found->second];
        about.acknowledged = row.flag(1);
        about.repeats = row.small_number(2);
        about.kind = row.text(3);
    }
}

void read_stops(connection& db, live_rows& out) {
    query stop(db, live_sql::stops);
    while (stop.next())
        out.stops.push_back({stop.text(0), stop.text(1), stop.ms(2), stop.small_number(3),
                             stop.ms(4), stop.is_null(5) ? bead_id{} : stop.text(5)});
}

}  // namespace

live_rows sqlite_town_store::load_live() {
    return db_.run("reading the town", [&] {
        live_rows out;
        // As many as last time, and some: a list that grows moves all its beads.
        out.beads.reserve(live_beads_ + live_beads_ / 8);
        scan(db_, live_sql::beads(), out.beads, out.bad, read_bead);
        live_beads_ = out.beads.size();
        scan(db_, live_sql::agents(), out.agents, out.bad, read_agent);
        scan(db_, live_sql::rigs(), out.rigs, out.bad, read_rig);
        scan(db_, live_sql::reviews(), out.reviews, out.bad, read_review);
        scan(db_, live_sql::dispatches(), out.dispatches, out.bad, read_dispatch);
        read_edges(db_, out);
        read_convoys(db_, out);
        read_concerns(db_, out);
        read_stops(db_, out);
        return out;
    });
}

}  // namespace townd::store
