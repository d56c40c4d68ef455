// The scripted container and the recording journal.

#include <algorithm>

#include "engine/actor_rig.hpp"

namespace townd::engine::test {

http_answer answer_of(int status, const std::string& body) {
    http_answer out;
    out.status = status;
    out.body = body;
    out.content_type = "application/json";
    out.request_sent = true;
    out.endpoint = "town.test:8080";
    return out;
}

http_answer refused_connect() {
    http_answer out;
    out.error = dispatch_error{error_code::connect_refused, error_phase::connect,
                               blame::infrastructure, "connection refused"};
    return out;
}

http_answer timed_out() {
    http_answer out;
    out.request_sent = true;
    out.error = dispatch_error{error_code::header_timeout, error_phase::header,
                               blame::infrastructure, "no answer before the deadline"};
    return out;
}

std::string text_of(const http_call& call, const char* key) {
    const auto body = parse_json(call.body);
    return body ? text_at(*body, key).value_or("") : "";
}

std::string agent_of(const http_call& call) {
    if (call.target == "/agents/start") return text_of(call, "agentId");
    const auto from = std::string{"/agents/"}.size();
    return call.target.substr(from, call.target.rfind('/') - from);
}

std::optional<http_answer> scripted_container::react(const http_call& call) {
    if (call.target.ends_with("/message") || !call.target.starts_with("/agents/"))
        return on_other ? on_other(call) : answer_of(200, R"({"status":"ok"})");
    const std::string agent = agent_of(call);
    if (call.target == "/agents/start") {
        if (on_start) return on_start(call);
        std::string id;
        for (const auto& [name, value] : call.headers)
            if (name == "X-Dispatch-Id") id = value;
        running[agent] = id;
        if (when_started) when_started(call);
        return answer_of(201, R"({"agentId":")" + agent + R"(","status":"running"})");
    }
    if (call.target.ends_with("/stop")) {
        if (on_stop) return on_stop(call);
        running.erase(agent);
        return answer_of(200, R"({"stopped":true})");
    }
    if (on_status) return on_status(call);
    if (running.contains(agent))
        return answer_of(200, R"({"agentId":")" + agent + R"(","status":"running"})");
    return answer_of(404, R"({"error":"Agent not found"})");
}

void scripted_container::call(http_call request, std::function<void(http_answer)> done) {
    const std::scoped_lock lock(mutex);
    auto answer = react(request);
    log.push_back({std::move(request), clock_.now(), std::move(done), std::move(answer)});
}

void scripted_container::deliver() {
    for (std::size_t i = answered_;; ++i) {
        std::function<void(http_answer)> done;
        http_answer with;
        {
            const std::scoped_lock lock(mutex);
            if (i >= log.size()) return;
            auto& one = log[i];
            if (!one.done) {
                if (i == answered_) ++answered_;
                continue;
            }
            if (!one.answer && clock_.now() >= one.at + one.call.total_timeout)
                one.answer = timed_out();
            if (!one.answer) continue;
            with = std::move(*one.answer);
            done = std::move(one.done);
            one.done = nullptr;
        }
        done(std::move(with));
    }
}

instant scripted_container::next_deadline() {
    const std::scoped_lock lock(mutex);
    instant next = never;
    for (std::size_t i = answered_; i < log.size(); ++i)
        if (log[i].done) next = std::min(next, log[i].at + log[i].call.total_timeout);
    return next;
}

void scripted_container::answer(std::size_t which, http_answer with) {
    const std::scoped_lock lock(mutex);
    log.at(which).answer = std::move(with);
}

int scripted_container::starts() {
    const std::scoped_lock lock(mutex);
    return static_cast<int>(
        std::count_if(log.begin(), log.end(), [](const seen& s) { return s.is_start(); }));
}

int scripted_container::calls_to(const std::string& suffix) {
    const std::scoped_lock lock(mutex);
    return static_cast<int>(std::count_if(
        log.begin(), log.end(), [&](const seen& s) { return s.call.target.ends_with(suffix); }));
}

std::size_t scripted_container::last_start() {
    const std::scoped_lock lock(mutex);
    for (std::size_t i = log.size(); i > 0; --i)
        if (log[i - 1].is_start()) return i - 1;
    throw std::runtime_error("no start was sent");
}

void recording_journal::add(std::string line) {
    const std::scoped_lock lock(mutex_);
    lines_.push_back(std::move(line));
}
void recording_journal::attempt_started(const town_id&, const dispatch& what) {
    add("attempt_started: " + what.id);
}
void recording_journal::attempt_ended(const town_id&, const dispatch& what, duration) {
    add("attempt_ended: " + std::string{to_text(what.outcome)} +
        (what.error ? " " + what.error->message() : ""));
}
void recording_journal::session_failed(const town_id&, const dispatch& what) {
    add("session_failed: " + (what.error ? what.error->message() : std::string{}));
}
void recording_journal::breaker_changed(const town_id&, std::string_view key, std::string_view,
                                        std::string_view, std::string_view from,
                                        std::string_view to, std::string_view cause) {
    add("breaker: " + std::string{key} + " " + std::string{from} + " -> " + std::string{to} + " " +
        std::string{cause});
}
void recording_journal::outage_changed(const outage_event& what) {
    add("outage: " + std::string{to_text(what.what)} + " " + what.cause);
}

void recording_journal::starts_suppressed(const town_id&, std::string_view role,
                                          std::string_view reason, int count) {
    add("suppressed: " + std::string{role} + " " + std::string{reason} + " " +
        std::to_string(count));
}

void recording_journal::tick_done(const town_id&, duration, int, int) {
    ++ticks;
}
void recording_journal::storage_failed(const town_id&, std::string_view op, const failure& why) {
    add("storage_failed: " + std::string{op} + " " + why.what);
}
void recording_journal::note(const town_id&, std::string_view event, std::string_view text) {
    add(std::string{event} + ": " + std::string{text});
}
void recording_journal::warn(const town_id&, std::string_view event, std::string_view text) {
    add(std::string{event} + ": " + std::string{text});
}
int recording_journal::count(const std::string& part) const {
    const auto all = lines();
    return static_cast<int>(std::count_if(all.begin(), all.end(), [&](const std::string& line) {
        return line.find(part) != std::string::npos;
    }));
}
std::vector<std::string> recording_journal::lines() const {
    const std::scoped_lock lock(mutex_);
    return lines_;
}

}  // namespace townd::engine::test
