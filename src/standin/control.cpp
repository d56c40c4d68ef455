#include "standin/control.hpp"

#include <algorithm>
#include <utility>

namespace townd::standin {
namespace {

// A container that is broken as a whole answers nothing right, not only no start.
bool breaks_everything(behaviour mode) {
    return mode == behaviour::hang_response || mode == behaviour::reset ||
           mode == behaviour::garbage;
}

bool begins_agents(behaviour mode) {
    return mode == behaviour::ok || mode == behaviour::late || mode == behaviour::start_then_die ||
           mode == behaviour::already_running || mode == behaviour::no_progress ||
           mode == behaviour::ask_changes;
}

fate fate_under(behaviour mode) {
    if (mode == behaviour::start_then_die) return fate::dies;
    if (mode == behaviour::no_progress) return fate::stands_still;
    if (mode == behaviour::ask_changes) return fate::asks_for_changes;
    return fate::works;
}

reply not_found() {
    return json_reply(404, {{"error", "Not found"}});
}

reply agent_not_found(const std::string& agent) {
    return json_reply(404, {{"error", "Agent " + agent + " not found"}});
}

// Roles are counted by name; a caller that invents names must not grow the table.
constexpr std::size_t roles_counted_max = 16;

constexpr std::size_t agents_kept_max = 2 * ended_agents_kept_max;

}  // namespace

control::control(std::shared_ptr<world> in)
    : world_{std::move(in)},
      replacement_{std::make_shared<replacement>(world_)},
      mode_{world_->opts.mode},
      by_role_{world_->opts.by_role},
      started_at_{world_->clock.now()} {
    replacement_->use(
        {[this](std::function<void()> then) { put_out(std::move(then)); }, [this] { renew(); }});
    renew();
}

// Nothing of the container before is left.
void control::renew() {
    agents_.clear();
    started_at_ = world_->clock.now();
    world_->instance_id =
        "standin-" + std::to_string(unix_ms(started_at_)) + "-" + std::to_string(++instances_);
}

reply control::answer(const request& asked) {
    const std::lock_guard lock{world_->mutex};
    return route(asked);
}

reply control::route(const request& asked) {
    const auto& path = asked.path;
    if (asked.method == "POST" && path.size() == 2 && path[0] == "standin" && path[1] == "drain") {
        replacement_->begin();
        return json_reply(202, {{"draining", true}});
    }
    // Nobody is there; a reset is as near to it as a port that stays can come.
    if (replacement_->gone()) return refusal(behaviour::reset);
    const bool is_start = path.size() == 2 && path[0] == "agents" && path[1] == "start";
    if (is_start && asked.method == "POST") return start(asked);
    if (breaks_everything(mode_)) return refusal(mode_);
    if (path.size() == 3 && path[0] == "agents") return agent_route(asked);
    if (path.size() == 1) return town_route(asked);
    return not_found();
}

reply control::town_route(const request& asked) {
    const std::string what = asked.method + " " + asked.path[0];
    if (what == "GET health") return health(asked);
    if (what == "POST sync-config") return json_reply(200, {{"synced", true}});
    if (what == "POST dashboard-context") return json_reply(200, {{"pushed", true}});
    if (what == "POST refresh-token") return take_token(asked);
    return not_found();
}

reply control::take_token(const request& asked) {
    const auto body = parse_json(asked.body);
    const auto token = body ? text_at(*body, "token") : std::nullopt;
    if (!token || token->empty()) return json_reply(400, {{"error", "Missing or invalid token"}});
    ++tokens_;
    if (const auto town = text_at(*body, "townId")) replacement_->take_token(*town, *token);
    return json_reply(200, {{"refreshed", true},
                            {"agentsRestarted", 0},
                            {"agentsFailed", 0},
                            {"results", json::array()}});
}

reply control::health(const request& asked) {
    replacement_->hear_nonce(asked.header("x-town-id"), asked.header("x-drain-nonce"));
    const auto live = count_live();
    json body{{"status", "ok"}, {"agents", live}, {"servers", live}};
    body["uptime"] = (world_->clock.now() - started_at_).count();
    body["startedAt"] = to_rfc3339(started_at_);
    if (mode_ == behaviour::draining || replacement_->draining()) body["draining"] = true;
    return json_reply(200, body);
}

reply control::agent_route(const request& asked) {
    const std::string& agent = asked.path[1];
    const std::string what = asked.method + " " + asked.path[2];
    const auto found = find(agent);
    if (!found) return agent_not_found(agent);
    if (what == "GET status") return json_reply(200, found->record());
    if (what == "GET events") return json_reply(200, {{"events", json::array()}});
    if (what == "PATCH model") return json_reply(200, {{"updated", true}});
    if (what == "PUT system-prompt") return json_reply(200, {{"updated", true}});
    if (what == "POST message") return message(asked, *found);
    if (what != "POST stop") return not_found();
    const auto [first, last] = agents_.equal_range(agent);
    for (auto at = first; at != last; ++at)
        at->second->stop();
    return json_reply(200, {{"stopped", true}});
}

reply control::message(const request& asked, agent_life& to) {
    const auto body = parse_json(asked.body);
    if (!body || !text_at(*body, "prompt")) {
        const json issue{{"path", json::array({"prompt"})}, {"message", "Required"}};
        return json_reply(400,
                          {{"error", "Invalid request body"}, {"issues", json::array({issue})}});
    }
    if (!to.live()) return agent_not_found(asked.path[1]);
    to.hear();
    return json_reply(200, {{"sent", true}});
}

behaviour control::mode_for(std::string_view role) const {
    const auto at = by_role_.find(role);
    return at == by_role_.end() ? mode_ : at->second;
}

void control::note_seen(const start_request& what, const std::string& body) {
    const auto cut = [](const std::string& text) { return cut_text(text, id_bytes_max); };
    const std::string role = cut(what.role);
    ++received_;
    if (received_by_role_.size() < roles_counted_max || received_by_role_.contains(role)) {
        ++received_by_role_[role];
    }
    start_seen seen;
    seen.at = world_->clock.now();
    seen.agent = cut(what.agent);
    seen.role = role;
    seen.town = cut(what.town);
    if (what.bead) seen.bead = cut(*what.bead);
    seen.dispatch = cut(what.dispatch);
    seen.attempt = what.attempt;
    seen.body = body;
    seen_.push_back(std::move(seen));
    if (seen_.size() > start_bodies_kept_max) {
        std::string{}.swap(seen_[seen_.size() - 1 - start_bodies_kept_max].body);
    }
    if (seen_.size() > starts_kept_max) seen_.pop_front();
}

reply control::start(const request& asked) {
    const auto parsed = parse_json(asked.body);
    const json body = parsed ? *parsed : json(nullptr);
    const start_request what = read_start(asked, body);
    note_seen(what, asked.body);
    const behaviour mode = replacement_->draining() ? behaviour::draining : mode_for(what.role);
    const instant now = world_->clock.now();
    if (!begins_agents(mode)) {
        static_cast<void>(world_->log.write(now, "refused", what, to_text(mode)));
        return refusal(mode);
    }
    if (const json issues = start_issues(body); !issues.empty()) {
        static_cast<void>(world_->log.write(now, "refused", what, "invalid body"));
        return json_reply(400, {{"error", "Invalid request body"}, {"issues", issues}});
    }
    const auto present = find(what.agent);
    if (present && present->live() && !world_->opts.naive) {
        static_cast<void>(world_->log.write(now, "refused", what, "already running"));
        return already_running_reply(what.agent);
    }
    replacement_->hear_of(what);
    forget_ended();
    if (agents_.size() >= agents_kept_max) {
        static_cast<void>(world_->log.write(now, "refused", what, "too many agents"));
        return json_reply(500, {{"error", "No room for more agents in this stand-in"}});
    }
    return begin(what, mode);
}

reply control::begin(const start_request& what, behaviour mode) {
    if (const auto logged = world_->log.write(world_->clock.now(), "start", what); !logged) {
        return json_reply(500, {{"error", logged.error().what}});
    }
    seen_.back().began = true;
    if (!world_->opts.naive) agents_.erase(what.agent);
    const auto life = std::make_shared<agent_life>(
        world_, what, "ses_" + std::to_string(++sessions_made_), fate_under(mode));
    agents_.emplace(what.agent, life);
    life->begin();
    if (mode == behaviour::already_running) return already_running_reply(what.agent);
    reply out = json_reply(201, life->record());
    if (mode == behaviour::late) out.after = world_->opts.late_by;
    return out;
}

std::shared_ptr<agent_life> control::find(const std::string& agent) const {
    const auto [first, last] = agents_.equal_range(agent);
    if (first == last) return nullptr;
    return std::prev(last)->second;
}

std::size_t control::count_live() const {
    return static_cast<std::size_t>(std::count_if(
        agents_.begin(), agents_.end(), [](const auto& entry) { return entry.second->live(); }));
}

// Ended agents keep their record for status; not for ever.
void control::forget_ended() {
    if (agents_.size() < agents_kept_max) return;
    std::size_t ended = 0;
    std::erase_if(agents_, [&ended](const auto& entry) {
        return !entry.second->live() && ++ended > ended_agents_kept_max;
    });
}

void control::set_mode(behaviour mode) {
    const std::lock_guard lock{world_->mutex};
    mode_ = mode;
}

void control::set_mode(std::string_view role, behaviour mode) {
    const std::lock_guard lock{world_->mutex};
    by_role_.insert_or_assign(std::string{role}, mode);
}

void control::clear_roles() {
    const std::lock_guard lock{world_->mutex};
    by_role_.clear();
}

std::size_t control::starts_received() const {
    const std::lock_guard lock{world_->mutex};
    return received_;
}

std::size_t control::starts_received(std::string_view role) const {
    const std::lock_guard lock{world_->mutex};
    const auto at = received_by_role_.find(role);
    return at == received_by_role_.end() ? 0 : at->second;
}

std::size_t control::live_agents() const {
    const std::lock_guard lock{world_->mutex};
    return count_live();
}

std::vector<start_seen> control::starts() const {
    const std::lock_guard lock{world_->mutex};
    return {seen_.begin(), seen_.end()};
}

void control::kill_all(std::string_view reason) {
    const std::lock_guard lock{world_->mutex};
    for (const auto& entry : agents_)
        entry.second->cut_off(reason);
    replacement_->cut_off();
    renew();
}

void control::put_out(std::function<void()> then) {
    // Shared by all, gone with the last of them.
    auto last = std::make_shared<std::function<void()>>(std::move(then));
    auto left = std::make_shared<std::size_t>(agents_.size() + 1);
    const auto one_less = [last, left] {
        if (--*left == 0) (*last)();
    };
    for (const auto& entry : agents_)
        entry.second->evict(one_less);
    one_less();
}

void control::drain() {
    const std::lock_guard lock{world_->mutex};
    replacement_->begin();
}

bool control::draining() const {
    const std::lock_guard lock{world_->mutex};
    return replacement_->draining() || replacement_->gone();
}

std::string control::instance() const {
    const std::lock_guard lock{world_->mutex};
    return world_->instance_id;
}

std::size_t control::tokens_received() const {
    const std::lock_guard lock{world_->mutex};
    return tokens_;
}

}  // namespace townd::standin
