#include "debug/health.hpp"

#include <algorithm>
#include <chrono>

#include "http/gzip.hpp"

namespace townd::debug {
namespace {

// The dispatcher of the incident was dead behind a green light (incident row G12): so the light
// looks at the ticks, not at the process.
bool is_overdue(const engine::town_summary& town, instant now, duration limit) {
    return town.condition != engine::town_condition::set_aside && now - town.next_tick_at > limit;
}

std::string line(bool ok, std::string_view check, std::string_view detail) {
    std::string out = ok ? "[+] " : "[-] ";
    out += check;
    out += ok ? " ok" : " failed";
    if (!detail.empty()) out += ": " + clean_text(detail, error_message_bytes_max);
    return out + "\n";
}

}  // namespace

http::response livez(const face& f) {
    const instant now = f.now();
    const auto total = f.fleet.total();
    const instant newest = std::max(total.last_tick_at.value_or(f.started_at), f.started_at);
    const duration age = now - newest;
    const duration limit = std::max(5 * f.tick_interval(), duration{std::chrono::seconds{30}});
    const std::string tick = total.last_tick_at
                                 ? "last tick " + to_words(now - *total.last_tick_at) + " ago"
                                 : std::string{"no tick yet"};
    if (age <= limit) return http::text_response(200, "ok: " + tick + "\n");
    const auto towns = f.fleet.summaries();
    const bool dead = std::any_of(towns.begin(), towns.end(),
                                  [&](const auto& town) { return is_overdue(*town, now, limit); });
    if (!dead) return http::text_response(200, "ok: " + tick + ", and no town is due\n");
    return http::text_response(503, "dead: " + tick + ", while " + std::to_string(towns.size()) +
                                        " towns wait for one (limit " + to_words(limit) + ")\n");
}

http::response readyz(const face& f, const http::request& call) {
    const auto total = f.fleet.total();
    std::string missing;
    const bool rest = !f.options.ready || f.options.ready(missing);
    const bool ready = total.first_tick_done && !total.stopping && rest;
    if (ready && !call.query_text("verbose")) return http::text_response(200, "ok\n");
    std::string body =
        line(total.first_tick_done, "first_tick",
             total.first_tick_done ? "" : "not every town was opened and ticked yet");
    body += line(!total.stopping, "running", total.stopping ? "the daemon is shutting down" : "");
    body += line(rest, "parts", rest ? "" : missing);
    body += ready ? "ready\n" : "not ready\n";
    return http::text_response(ready ? 200 : 503, body);
}

http::response metrics(const face& f, const http::request& call) {
    if (!f.options.scrape_metrics)
        return problem(call, 404, "not_found", "this process exports no metrics");
    auto answer = http::text_response(200, f.options.scrape_metrics());
    answer.content_type = "text/plain; version=0.0.4; charset=utf-8";
    http::compress(call, answer);
    return answer;
}

http::response version(const face& f) {
    json out;
    out["name"] = "townd";
    out["version"] = f.options.version;
    out["revision"] = f.options.revision;
    out["build_date"] = f.options.build_date;
    out["compiler"] = "gcc " __VERSION__;
    return http::json_response(200, out);
}

}  // namespace townd::debug
