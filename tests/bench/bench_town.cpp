#include "bench/bench_town.hpp"

#include <cstdio>
#include <cstdlib>
#include <stdexcept>

#include "json/json.hpp"
#include "townd/decide/names.hpp"

namespace townd::bench {
namespace {

const std::string held_id = "held";

void check(const result<void>& done) {
    if (!done) throw std::runtime_error(done.error().what);
}

std::string numbered(std::string_view kind, int number) {
    std::string digits = std::to_string(number);
    return std::string{kind} + "-0000-4000-8000-" + std::string(12 - digits.size(), '0') + digits;
}

bead make_held(instant at) {
    bead b = make_issue(0, at);
    b.id = held_id;
    b.labels = {"gt:held"};
    return b;
}

}  // namespace

temp_dir::temp_dir() {
    std::string name = (std::filesystem::temp_directory_path() / "townd-bench-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary directory");
    path_ = name;
}

temp_dir::~temp_dir() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

rig make_rig(const shape& of) {
    rig r;
    r.id = "rig";
    r.name = "engine";
    r.git_url = "https://git.example/engine.git";
    if (of.polecats_max > 0) r.max_concurrent_polecats = of.polecats_max;
    return r;
}

bead make_issue(int number, instant at) {
    bead b;
    b.id = numbered("beadbead", number);
    b.title = "Oil the gears of the machine " + std::to_string(number);
    b.rig = "rig";
    b.created_by = "bench";
    b.created_at = at - std::chrono::hours{24} + duration{number};
    b.updated_at = b.created_at;
    return b;
}

agent make_polecat(int number, instant at) {
    agent a;
    a.id = numbered("polecat0", number);
    a.rig = "rig";
    a.name = "Pole-" + std::to_string(number);
    a.identity = identity_of(a.name, a.role, a.rig, "town");
    a.status_text = to_text(a.status);
    a.created_at = at - std::chrono::hours{24};
    return a;
}

live_rows make_rows(const shape& of, instant at) {
    live_rows rows;
    rows.rigs.push_back(make_rig(of));
    for (int i = 0; i < of.idle_polecats; ++i)
        rows.agents.push_back(make_polecat(i, at));
    for (int i = 0; i < of.due + of.blocked; ++i)
        rows.beads.push_back(make_issue(i, at));
    if (of.blocked > 0) rows.beads.push_back(make_held(at));
    for (int i = of.due; i < of.due + of.blocked; ++i)
        rows.dependencies.push_back({make_issue(i, at).id, held_id, "blocks", bead_status::open});
    return rows;
}

void fill(store::town_store& store, const shape& of, instant at) {
    store.begin();
    store.insert_rig(make_rig(of));
    const live_rows rows = make_rows(of, at);
    for (const auto& a : rows.agents)
        store.insert_agent(a);
    for (const auto& b : rows.beads)
        store.insert_bead(b);
    for (const auto& d : rows.dependencies)
        store.add_dependency(d);
    for (int i = 0; i < of.closed; ++i) {
        bead b = make_issue(1'000'000 + i, at);
        b.status = bead_status::closed;
        b.closed_at = at - std::chrono::hours{1};
        store.insert_bead(b);
    }
    check(store.commit());
}

bool is_start(const http_call& request) {
    return request.target == "/agents/start";
}

http_answer good_answer(const http_call& request) {
    http_answer out;
    out.content_type = "application/json";
    out.request_sent = true;
    out.endpoint = "bench:80";
    if (!is_start(request)) {
        out.status = 200;
        out.body = R"({"status":"running"})";
        return out;
    }
    out.status = 201;
    json said;
    const auto asked = parse_json(request.body);
    said["agentId"] = asked ? text_at(*asked, "agentId").value_or("") : "";
    said["status"] = "starting";
    out.body = dump_json(said);
    return out;
}

void silent_journal::storage_failed(const town_id& town, std::string_view, const failure& why) {
    std::fprintf(stderr, "storage of town %s failed: %s\n", town.c_str(), why.what.c_str());
}

void silent_journal::warn(const town_id& town, std::string_view event, std::string_view text) {
    std::fprintf(stderr, "town %s: %.*s: %.*s\n", town.c_str(), static_cast<int>(event.size()),
                 event.data(), static_cast<int>(text.size()), text.data());
}

}  // namespace townd::bench
