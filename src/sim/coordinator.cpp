#include "sim/coordinator.hpp"

#include <utility>

namespace townd::sim {
namespace {

constexpr duration look_every{250};
constexpr duration mail_takes_max{20};  // From a town's thread to the coordinator's.

std::string words_of(const fleet_news& news) {
    if (const auto* s = std::get_if<role_standing>(&news))
        return s->town + " " + std::string{to_text(s->role)} + (s->work ? " has work" : " rests") +
               (s->wants ? ", wants a lease" : "") +
               (s->doubt
                    ? ", fails: " + s->doubt->kind + " at " + std::string{to_text(s->doubt->at)}
                    : "");
    if (const auto* a = std::get_if<attempt_news>(&news))
        return a->town + " " + std::string{to_text(a->role)} + " " + std::string{to_text(a->at)} +
               " said " + std::to_string(static_cast<int>(a->said)) + " of lease " +
               std::to_string(a->lease);
    if (const auto* l = std::get_if<lease_returned>(&news))
        return l->town + " gives lease " + std::to_string(l->lease) + " back";
    return std::get<town_gone>(news).town + " is gone";
}

}  // namespace

coordinator::coordinator(stage& on, outage_file& file, std::uint64_t life, journal_port& journal,
                         deliver to_town)
    : stage_(on), file_(file), life_(life), journal_(journal), to_town_(std::move(to_town)) {
    for (const auto& [id, saved] : file_.outages)
        desk_.restore(saved, on.now(), on.options.rules.outage);
    desk_.restore(file_.spent, on.now());
    turn_at(desk_.next_due());
}

coordinator::~coordinator() {
    for (const auto& id : unsaved_) {
        if (auto saved = desk_.saved(id))
            file_.outages.insert_or_assign(id, std::move(*saved));
        else
            file_.outages.erase(id);
    }
}

void coordinator::tell(fleet_news news) {
    stage_.line([&] { return "told: " + words_of(news); });
    mail_.push_back(std::move(news));
    if (mail_.size() == 1)
        turn_at(stage_.now() + stage_.chance.between(duration{1}, mail_takes_max));
}

fleet_advice coordinator::advice_for(const town_id& town, agent_role role) const {
    return desk_.advice_for(town, role);
}

void coordinator::turn_at(instant when) {
    if (when >= turn_at_) return;
    turn_at_ = std::max(when, stage_.now());
    stage_.at(turn_at_, kind::coordinator_due, 0, life_);
}

void coordinator::put_off(const happening& what) {
    if (what.arg != life_ || what.at != turn_at_) return;
    turn_at_ = never;
    turn_at(stage_.now() + duration{1'000});
}

void coordinator::turn(const happening& what) {
    if (what.arg != life_ || what.at != turn_at_) return;
    turn_at_ = never;
    const auto& rules = stage_.options.rules;
    const auto& planted = stage_.options.planted;
    for (auto& news : std::exchange(mail_, {}))
        if (!planted.news || planted.news(news, stage_.now()))
            desk_.take(news, stage_.now(), rules);
    desk_.advance(stage_.now(), rules);
    auto messages = desk_.take_messages();
    const auto events = desk_.take_events();
    const auto changed = desk_.take_changed();
    if (!changed.empty() || !events.empty())
        board_ = std::make_shared<const outage_board>(desk_.summaries());
    unsaved_.insert(changed.begin(), changed.end());
    if (auto spent = desk_.take_spent()) file_.spent = *std::move(spent);
    for (const auto& event : events)
        journal_.outage_changed(event);
    stage_.line([&] {
        const auto f = desk_.figures(stage_.now(), rules);
        return "desk: " + std::to_string(f.left) + " left, " + std::to_string(f.failures) +
               " failures, " + std::to_string(f.leases) + " leases, " + std::to_string(f.members) +
               " members, " + std::to_string(f.tokens) + " tokens";
    });
    for (auto& message : messages) {
        if (planted.messages && !planted.messages(message, stage_.now())) continue;
        stage_.line([&] {
            return "tells " + message.town + ": " +
                   (message.advice.lease != 0 ? "lease " + std::to_string(message.advice.lease)
                                              : std::string{"no lease"}) +
                   (message.advice.outage.empty() ? "" : " in outage " + message.advice.outage);
        });
        to_town_(std::move(message));
    }
    turn_at(std::max(desk_.next_due(), stage_.now() + look_every));
}

}  // namespace townd::sim
