#include "sim/coordinator.hpp"

#include <utility>

namespace townd::sim {
namespace {

constexpr duration look_every{250};
constexpr duration mail_takes_max{20};  // From a town's thread to the coordinator's.

std::string words_of(const outage_news& news) {
    if (const auto* w = std::get_if<role_has_work>(&news))
        return w->town + (w->work ? " has work for a " : " has no work for a ") +
               std::string{to_text(w->role)};
    if (const auto* r = std::get_if<start_result>(&news))
        return r->town + " start " + std::to_string(static_cast<int>(r->said)) + " of lease " +
               std::to_string(r->lease) + " " + r->fingerprint;
    if (const auto* l = std::get_if<lease_returned>(&news))
        return l->town + " gives lease " + std::to_string(l->lease) + " back";
    return "a town is gone";
}

}  // namespace

coordinator::coordinator(stage& on, outage_file& file, std::uint64_t life, journal_port& journal,
                         deliver to_town)
    : stage_(on), file_(file), life_(life), journal_(journal), to_town_(std::move(to_town)) {
    for (const auto& [id, saved] : file_)
        watch_.restore(saved, on.now(), on.options.rules.outage);
    board_ = std::make_shared<const outage_board>(watch_.summaries());
    turn_at(watch_.next_due());
}

coordinator::~coordinator() {
    for (const auto& id : unsaved_) {
        if (auto saved = watch_.saved(id))
            file_.insert_or_assign(id, std::move(*saved));
        else
            file_.erase(id);
    }
}

void coordinator::tell(outage_news news) {
    stage_.line([&] { return "told: " + words_of(news); });
    mail_.push_back(std::move(news));
    if (mail_.size() == 1)
        turn_at(stage_.now() + stage_.chance.between(duration{1}, mail_takes_max));
}

std::vector<outage_advice> coordinator::advice_for(const town_id& town) const {
    return watch_.advice_for(town);
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
    const auto& policy = stage_.options.rules.outage;
    for (const auto& news : std::exchange(mail_, {}))
        watch_.take(news, stage_.now(), policy);
    watch_.advance(stage_.now(), policy, stage_.ids.draw());
    auto messages = watch_.take_messages();
    const auto events = watch_.take_events();
    const auto changed = watch_.take_changed();
    if (!changed.empty() || !events.empty())
        board_ = std::make_shared<const outage_board>(watch_.summaries());
    // Durable before a town hears of it. What is decided changes in turns only, so that writing it
    // when this life ends leaves the same; a list of thousands of members for each of them does
    // not.
    unsaved_.insert(changed.begin(), changed.end());
    for (const auto& event : events)
        journal_.outage_changed(event);
    for (auto& message : messages) {
        stage_.line([&] {
            return "tells " + message.town + ": " +
                   (message.advice ? "lease " + std::to_string(message.advice->lease)
                                   : std::string{"free"});
        });
        to_town_(std::move(message));
    }
    turn_at(std::max(watch_.next_due(), stage_.now() + look_every));
}

}  // namespace townd::sim
