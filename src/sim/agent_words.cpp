// How an agent's words reach the daemon: said again while it is away, never after it said no.

#include <algorithm>
#include <array>
#include <utility>

#include "sim/agents.hpp"
#include "sim/answers.hpp"
#include "sim/forge.hpp"
#include "town/callbacks.hpp"
#include "town/rework.hpp"
#include "town/triage.hpp"

namespace townd::sim {
namespace {

call_end end_of(const result<json>& answer) {
    if (answer) return call_end::accepted;
    switch (answer.error().kind) {
        case errc::invalid:
        case errc::unauthorized:
        case errc::forbidden:
        case errc::not_found:
        case errc::conflict:
        case errc::too_large:
            return call_end::refused;
        default:
            return call_end::again;
    }
}

town::named_dispatch named_by(const start_seen& who) {
    return who.dispatch.empty() ? town::named_dispatch{} : who.dispatch;
}

town::heartbeat_report report_of(const start_seen& who, instant last_event, bool tools) {
    town::heartbeat_report out;
    out.last_event_type = "message.part.updated";
    out.last_event_at = last_event;
    out.active_tools_json = tools ? R"(["bash"])" : "[]";
    if (who.instance != 0)
        out.container_instance =
            town_name(static_cast<int>(who.town)) + "-" + std::to_string(who.instance);
    return out;
}

// What an agent that is put out leaves to whoever takes up its work.
void leave_context(town::context& ctx, const agent_id& id) {
    auto a = ctx.store.find_agent(id);
    if (!a || !a->hook) return;
    a->checkpoint_json = R"({"eviction_context":{"branch":"gt/work"}})";
    ctx.store.put_agent(*a);
}

result<json> answer_of(const result<void>& said) {
    if (!said) return said.error();
    return json();
}

}  // namespace

void agents::say(std::uint32_t place, word what) {
    auto& s = sessions_[place];
    const int town = static_cast<int>(s.what.town);
    ++stage_.counts.callbacks;
    if (what != word::beat) {
        ++s.tries;
        // Until this try is answered or given up, nothing else is planned.
        plan(place, api_patience + stage_.chance.between(duration{0}, duration{5'000}));
    }
    duration wait{stage_.chance.between(duration{2}, duration{40})};
    int copies = 1;
    if (stage_.chance.chance(stage_.faults.strength(town, fault::callback_lost))) {
        stage_.struck(fault::callback_lost);
        copies = 0;
    }
    if (stage_.chance.chance(stage_.faults.strength(town, fault::callback_doubled))) {
        stage_.struck(fault::callback_doubled);
        copies = 2;
    }
    if (stage_.chance.chance(stage_.faults.strength(town, fault::callback_late))) {
        stage_.struck(fault::callback_late);
        wait = stage_.chance.between(duration{1'000}, duration{120'000});
    }
    for (; copies > 0; --copies) {
        send(s, place, what, wait);
        wait += stage_.chance.between(duration{1}, duration{3'000});
    }
}

void agents::send(const session& s, std::uint32_t place, word what, duration wait) {
    std::uint32_t slot = 0;
    if (free_calls_.empty()) {
        slot = static_cast<std::uint32_t>(calls_.size());
        calls_.emplace_back();
    } else {
        slot = free_calls_.back();
        free_calls_.pop_back();
    }
    auto& call = calls_[slot];
    call = {place,   s.serial, s.turn, what, s.what, s.reason,
            s.fails, s.tools,  s.says, s.pr, s.luck, {}};
    call.last_event = s.stuck ? std::min(s.ends_at, stage_.now()) : stage_.now();
    call.tools = s.tools && s.ends_at <= stage_.now();
    stage_.in(wait, kind::call_arrives, s.what.town, slot);
}

void agents::call_arrives(std::uint64_t arg) {
    const auto slot = static_cast<std::uint32_t>(arg);
    const on_way call = std::move(calls_[slot]);
    free_calls_.push_back(slot);
    deliver(call);
}

// A refinery that does not merge.
engine::town_work agents::review_work(const on_way& call) {
    if (call.says == verdict_said::changes)
        return [agent = call.who.agent,
                named = named_by(call.who)](town::context& ctx) -> result<json> {
            auto asked = town::request_changes(ctx, agent, named, {"Test it", {"src/main.cpp"}});
            if (!asked) return asked.error();
            return json();
        };
    return [bead = call.who.bead,
            conflict = call.says == verdict_said::conflict](town::context& ctx) -> result<json> {
        return answer_of(town::review_completed(
            ctx, bead, conflict ? town::review_verdict::conflict : town::review_verdict::failed,
            "it does not build", std::nullopt));
    };
}

// What a triage agent does about the requests that it was given; now and then it leaves one.
void agents::resolve(town::context& ctx, const on_way& call) {
    const auto batch = ctx.store.find_bead(call.who.bead);
    if (!batch || !batch->has_label("gt:triage")) return;
    if (!town::may_resolve(ctx, call.who.agent, named_by(call.who))) return;
    const auto metadata = parse_json(batch->metadata_json);
    if (!metadata || !metadata->contains("requests")) return;
    std::uint64_t luck = call.luck;
    for (const auto& id : (*metadata)["requests"]) {
        luck = luck * 0x9E3779B97F4A7C15ULL + 1;
        const auto pick = luck >> 33U;
        if (pick % 7 == 0) continue;
        const auto action = static_cast<town::triage_action>(pick % 9);
        const auto request = ctx.store.find_bead(id.get<std::string>());
        if (request && action == town::triage_action::restart)
            watch_.restarted(call.who.town,
                             bead_id{text_in(request->metadata_json, "hooked_bead_id")});
        if (town::resolve_triage(ctx, {id.get<std::string>(), action, "looked at", "triage"}))
            ++stage_.counts.triaged;
    }
}

engine::town_work agents::done_work(const on_way& call) {
    if (call.says > verdict_said::with_pr) return review_work(call);
    town::done_report report{"gt/work", std::nullopt, "did it"};
    if (call.pr != 0) report.pr_url = pr_url_of(call.pr);
    return [this, call, report](town::context& ctx) -> result<json> {
        if (call.who.role == agent_role::polecat) resolve(ctx, call);
        return answer_of(town::done(ctx, call.who.agent, named_by(call.who), report));
    };
}

void agents::deliver(const on_way& call) {
    constexpr std::array<std::string_view, 4> words{"heartbeat", "done", "completed", "waiting"};
    stage_.line([&] {
        return call.who.agent + " says " + std::string{words[static_cast<std::size_t>(call.what)]} +
               " of " + call.who.dispatch;
    });
    engine::town_work work;
    const auto named = named_by(call.who);
    const std::string& agent = call.who.agent;
    switch (call.what) {
        case word::beat:
            work = [agent, named, report = report_of(call.who, call.last_event, call.tools)](
                       town::context& ctx) -> result<json> {
                return answer_of(town::heartbeat(ctx, agent, named, report));
            };
            break;
        case word::done:
            work = done_work(call);
            break;
        case word::completed:
            work = [agent, named, failed = call.failed,
                    reason = call.reason](town::context& ctx) -> result<json> {
                if (reason == "container eviction") leave_context(ctx, agent);
                return answer_of(town::completed(ctx, agent, named, failed, reason));
            };
            break;
        case word::waiting:
            work = [agent, named](town::context& ctx) -> result<json> {
                return answer_of(town::waiting(ctx, agent, named));
            };
            break;
    }
    const auto answered =
        [this, place = call.place, serial = call.serial, turn = call.turn, what = call.what,
         at = call.last_event,
         who = call.what == word::beat ? call.who : start_seen{}](const result<json>& answer) {
            if (what == word::beat && answer) watch_.progressed(who, at);
            heard(place, serial, turn, what, end_of(answer));
        };
    if (!api_.call(call.who.town, std::move(work), answered))
        heard(call.place, call.serial, call.turn, call.what, call_end::again);
}

void agents::heard(std::uint32_t place, std::uint32_t serial, std::uint32_t turn, word what,
                   call_end end) {
    auto& s = sessions_[place];
    if (s.serial == 0 || s.serial != serial) return;
    stage_.record(3, s.what.town, static_cast<std::uint64_t>(end));
    if (what == word::beat) return;
    const bool all_said = s.says == verdict_said::done || s.says == verdict_said::with_pr;
    if (what == word::done && end == call_end::accepted && all_said) watch_.accepted(s);
    if (s.turn != turn) return;  // A newer try is on its way.
    if (end == call_end::again && s.tries < s.tries_max) {
        plan(place, std::min(duration{1'000} * (1 << std::min(s.tries, 5)), duration{30'000}));
        return;
    }
    next_word(place, s, what);
}

void agents::next_word(std::uint32_t place, session& s, word said) {
    s.tries = 0;
    switch (said) {
        case word::done:
            // Its loop ends by itself shortly after; or it is stopped before.
            s.step = session_step::leaving;
            plan(place, stage_.chance.between(duration{100}, duration{4'000}));
            return;
        case word::completed:
            gone(place, s.reason);
            return;
        case word::waiting:
            s.turn = 0;  // Until someone writes to it.
            return;
        case word::beat:
            return;
    }
}

}  // namespace townd::sim
