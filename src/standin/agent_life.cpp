#include "standin/agent_life.hpp"

#include <algorithm>
#include <utility>

namespace townd::standin {
namespace {

json time_or_null(instant at) {
    return at == instant{} ? json(nullptr) : json(to_rfc3339(at));
}

/// The bead that GET prime says the agent is hooked to; empty without one.
std::string hooked_bead(const json& data) {
    if (!data.is_object() || !data.contains("hooked_bead")) return {};
    const json& bead = data["hooked_bead"];
    if (!bead.is_object()) return {};
    const auto id = text_at(bead, "bead_id");
    return id ? *id : text_at(bead, "id").value_or(std::string{});
}

// The requests that a triage batch is for; none of any other work.
std::vector<std::string> triage_requests(const json& bead) {
    std::vector<std::string> out;
    if (!bead.contains("labels") || !bead.contains("metadata")) return out;
    const json& labels = bead["labels"];
    if (std::find(labels.begin(), labels.end(), json("gt:triage")) == labels.end()) return out;
    const json& metadata = bead["metadata"];
    if (!metadata.is_object() || !metadata.contains("requests")) return out;
    for (const auto& id : metadata["requests"])
        if (id.is_string()) out.push_back(id.get<std::string>());
    return out;
}

}  // namespace

agent_life::agent_life(std::shared_ptr<world> in, start_request what, std::string session_id,
                       fate end)
    : world_{std::move(in)},
      what_{std::move(what)},
      session_id_{std::move(session_id)},
      instance_id_{world_->instance_id},
      fate_{end},
      heart_{world_->io},
      work_{world_->io},
      started_at_{world_->clock.now()},
      active_at_{started_at_} {}

void agent_life::begin() {
    if (fate_ == fate::dies) {
        later(work_, world_->opts.die_after, &agent_life::die);
        return;
    }
    later(heart_, duration{0}, &agent_life::beat);
    if (fate_ == fate::stands_still) {
        busy_ = false;
        return;
    }
    const bool reviews = what_.role == "refinery";
    later(work_, reviews ? world_->opts.review_time : world_->opts.work_time,
          &agent_life::finish_work);
}

void agent_life::later(boost::asio::steady_timer& timer, duration wait,
                       void (agent_life::*next)()) {
    timer.expires_after(wait);
    timer.async_wait([self = shared_from_this(), next, epoch = epoch_](const auto& cancelled) {
        const std::lock_guard lock{self->world_->mutex};
        if (!cancelled && self->epoch_ == epoch) ((*self).*next)();
    });
}

void agent_life::beat() {
    const instant now = world_->clock.now();
    if (busy_) {
        active_at_ = now;
        last_event_ = "message.part.updated";
    }
    json body{{"agentId", what_.agent},
              {"rigId", what_.rig},
              {"townId", what_.town},
              {"status", status_},
              {"timestamp", to_rfc3339(now)},
              {"lastEventType", last_event_},
              {"lastEventAt", time_or_null(active_at_)},
              {"activeTools", json::array()},
              {"messageCount", messages_},
              {"containerInstanceId", instance_id_}};
    send(beat_call_, "POST", agent_path() + "/heartbeat", std::move(body),
         [this](delivery how, const json&) {
             if (how == delivery::rejected) return vanish("heartbeat was rejected");
             later(heart_, world_->opts.heartbeat_every, &agent_life::beat);
         });
}

void agent_life::die() {
    end("failed", "model api: prefill error");
}

void agent_life::finish_work() {
    busy_ = false;
    active_at_ = world_->clock.now();
    last_event_ = "message.completed";
    if (what_.role == "mayor") return say_waiting();
    if (world_->opts.fail_work) return end("failed", "the work could not be done");
    if (what_.role == "polecat" || what_.role == "refinery") return ask_for_work();
    end("completed", {});
}

void agent_life::say_waiting() {
    json body{{"agentId", what_.agent}, {"firedAt", to_rfc3339(active_at_)}};
    send(work_call_, "POST", agent_path() + "/waiting", std::move(body),
         [this](delivery how, const json&) {
             if (how == delivery::rejected) vanish("waiting was rejected");
         });
}

void agent_life::ask_for_work() {
    send(work_call_, "GET", agent_path() + "/prime", nullptr,
         [this](delivery how, const json& data) {
             if (how != delivery::accepted) return work_answered(how);
             const std::string bead = hooked_bead(data);
             if (bead.empty()) return end("completed", "nothing is hooked");
             what_.bead = bead;
             if (what_.role == "refinery") return review(bead);
             auto requests = triage_requests(data["hooked_bead"]);
             if (!requests.empty()) return triage(std::move(requests));
             hand_in_work(bead);
         });
}

void agent_life::hand_in_work(const std::string& bead) {
    log("done");
    json body{{"branch", what_.branch}, {"summary", "Stand-in work on " + bead}};
    send(work_call_, "POST", agent_path() + "/done", std::move(body),
         [this](delivery how, const json&) { work_answered(how); });
}

void agent_life::hand_in_review(const std::string& merge_request) {
    log("done");
    json body{{"entry_id", merge_request},
              {"status", "merged"},
              {"message", "Merged by the stand-in"},
              {"commit_sha", "57a4d1057a4d1057a4d1057a4d1057a4d1057a4d"}};
    send(work_call_, "POST",
         rig_path() + "/review-queue/" + encode_segment(merge_request) + "/complete",
         std::move(body), [this](delivery how, const json&) { work_answered(how); });
}

void agent_life::review(const std::string& merge_request) {
    if (fate_ != fate::asks_for_changes) return hand_in_review(merge_request);
    auto& asked = world_->changes_asked;
    if (asked.contains(merge_request)) return hand_in_work(merge_request);  // `done` merges it.
    if (asked.size() >= changes_kept_max) asked.erase(asked.begin());
    asked.insert(merge_request);
    ask_for_changes(merge_request);
}

void agent_life::ask_for_changes(const std::string& merge_request) {
    json body{{"feedback", "The stand-in wants a test for " + merge_request},
              {"files", json::array({"src/main.cpp"})}};
    send(work_call_, "POST", agent_path() + "/request-changes", std::move(body),
         [this](delivery how, const json&) { work_answered(how); });
}

// One after the other, then the batch is done. One that is not taken is left to the next batch.
void agent_life::triage(std::vector<std::string> requests) {
    if (requests.empty()) return hand_in_work(what_.bead.value_or(std::string{}));
    json body{{"triage_request_bead_id", requests.back()},
              {"action", world_->opts.triage_action},
              {"resolution_notes", "Resolved by the stand-in"}};
    requests.pop_back();
    send(work_call_, "POST", rig_path() + "/triage/resolve", std::move(body),
         [this, left = std::move(requests)](delivery how, const json&) {
             if (how == delivery::unreachable) return work_answered(how);
             triage(left);
         });
}

void agent_life::work_answered(delivery how) {
    if (how == delivery::accepted) return end("completed", {});
    vanish(how == delivery::rejected ? "a callback was rejected"
                                     : "the town API cannot be reached");
}

void agent_life::end(std::string_view status, std::string_view reason) {
    const std::string said{reason};
    vanish(said.empty() ? std::string_view{"finished"} : reason);
    status_ = status == "failed" ? "failed" : "exited";
    json body{{"status", status}};
    if (!said.empty()) body["reason"] = said;
    send(work_call_, "POST", agent_path() + "/completed", std::move(body),
         [](delivery, const json&) {});
}

void agent_life::stop() {
    if (!live_) return;
    log("stop");
    end("completed", "stopped");
}

void agent_life::vanish(std::string_view reason) {
    if (!live_) return;
    log("exit", reason);
    live_ = false;
    status_ = "exited";
    exit_reason_ = std::string{reason};
    ++epoch_;
    heart_.cancel();
    work_.cancel();
    if (beat_call_) beat_call_->cancel();
    if (work_call_) work_call_->cancel();
}

void agent_life::cut_off(std::string_view reason) {
    vanish(reason);
    // A report of an end may still be on its way.
    ++epoch_;
    if (work_call_) work_call_->cancel();
}

void agent_life::evict(std::function<void()> gone) {
    if (!live_) return gone();
    vanish("container eviction");
    json context{{"branch", what_.branch},
                 {"agent_name", what_.name},
                 {"saved_at", to_rfc3339(world_->clock.now())}};
    json last{{"status", "completed"}, {"reason", "container eviction"}};
    send(work_call_, "POST", agent_path() + "/eviction-context", std::move(context),
         [this, last = std::move(last), gone = std::move(gone)](delivery, const json&) {
             send(work_call_, "POST", agent_path() + "/completed", last,
                  [gone](delivery, const json&) { gone(); });
         });
}

void agent_life::hear() {
    if (!live_ || fate_ == fate::dies) return;
    ++messages_;
    if (fate_ == fate::stands_still) return;
    active_at_ = world_->clock.now();
    last_event_ = "message.received";
    if (what_.role != "mayor") return;
    busy_ = true;
    later(work_, world_->opts.work_time, &agent_life::finish_work);
}

void agent_life::log(std::string_view event, std::string_view reason) {
    // Only a start must not happen unrecorded; the rest is told as well as the disk allows.
    static_cast<void>(world_->log.write(world_->clock.now(), event, what_, reason));
}

json agent_life::record() const {
    json out{{"agentId", what_.agent}, {"rigId", what_.rig},      {"townId", what_.town},
             {"role", what_.role},     {"name", what_.name},      {"status", status_},
             {"serverPort", 4096},     {"sessionId", session_id_}};
    out["workdir"] = "/workspace/rigs/" + what_.rig + "/worktrees/" + what_.name;
    out["startedAt"] = to_rfc3339(started_at_);
    out["lastActivityAt"] = to_rfc3339(active_at_);
    out["lastEventType"] = last_event_;
    out["lastEventAt"] = to_rfc3339(active_at_);
    out["activeTools"] = json::array();
    out["messageCount"] = messages_;
    out["exitReason"] = exit_reason_.empty() ? json(nullptr) : json(exit_reason_);
    out["completionCallbackUrl"] = nullptr;
    if (!what_.api_url.empty()) {
        out["completionCallbackUrl"] = what_.api_url + agent_path() + "/completed";
    }
    out["model"] = what_.model;
    out["organizationId"] = what_.organization ? json(*what_.organization) : json(nullptr);
    return out;
}

}  // namespace townd::standin
