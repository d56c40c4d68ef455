#include "town/context.hpp"

#include "town/molecules.hpp"

namespace townd::town {

void context::note(std::string_view event, std::string text) {
    tell([id = town, name = std::string{event}, line = std::move(text)](journal_port& journal) {
        journal.note(id, name, line);
    });
}

void context::warn(std::string_view event, std::string text) {
    tell([id = town, name = std::string{event}, line = std::move(text)](journal_port& journal) {
        journal.warn(id, name, line);
    });
}

part::part(context& ctx)
    : ctx_(ctx),
      breakers_(ctx.breakers),
      facts_(ctx.facts),
      starts_(ctx.out.starts.size()),
      stops_(ctx.out.stops.size()),
      polls_(ctx.out.polls.size()),
      upkeep_(ctx.out.upkeep.size()),
      told_(ctx.out.told.size()),
      news_(ctx.out.news.size()),
      wake_(ctx.out.wake) {}

void part::undo() {
    const auto cut = [](auto& list, std::size_t size) {
        list.erase(list.begin() + static_cast<std::ptrdiff_t>(size), list.end());
    };
    ctx_.breakers = breakers_;
    ctx_.facts = facts_;
    cut(ctx_.out.starts, starts_);
    cut(ctx_.out.stops, stops_);
    cut(ctx_.out.polls, polls_);
    cut(ctx_.out.upkeep, upkeep_);
    cut(ctx_.out.told, told_);
    cut(ctx_.out.news, news_);
    ctx_.out.wake = wake_;
}

const json& town_config(context& ctx) {
    if (auto text = ctx.store.meta().config_json; text != ctx.out.config_text) {
        ctx.out.config = object_in(text);
        ctx.out.config_text = std::move(text);
    }
    return ctx.out.config;
}

void add_event(context& ctx, const bead_id& bead, std::string_view type,
               std::optional<agent_id> agent, std::optional<std::string> old_value,
               std::optional<std::string> new_value, const json& metadata) {
    store::bead_event e;
    e.id = ctx.from.new_id();
    e.bead = bead;
    e.agent = std::move(agent);
    e.type = type;
    e.old_value = std::move(old_value);
    e.new_value = std::move(new_value);
    if (metadata.is_object()) e.metadata_json = dump_json(metadata);
    e.at = ctx.now;
    ctx.store.add_bead_event(e);
}

bool set_status(context& ctx, bead& b, bead_status to, std::string_view reason,
                const std::optional<agent_id>& by) {
    if (is_terminal(b.status)) return false;
    if (b.status == to) return true;
    json metadata = json::object();
    if (!reason.empty()) metadata["reason"] = clean_text(reason, error_message_bytes_max);
    if (to == bead_status::failed) {
        json why;
        why["code"] = "agent_failed";
        why["message"] = reason.empty() ? std::string{"failed without a stated reason"}
                                        : clean_text(reason, error_message_bytes_max);
        why["source"] = "townd";
        metadata["failure_reason"] = std::move(why);
    }
    const std::string old_value{to_text(b.status)};
    b.status = to;
    b.updated_at = ctx.now;
    b.reason = clean_text(reason, error_message_bytes_max);
    if (to == bead_status::closed) b.closed_at = ctx.now;
    if (is_terminal(to)) b.next_attempt_at.reset();
    ctx.store.put_bead(b);
    add_event(ctx, b.id, to == bead_status::closed ? "closed" : "status_changed", by, old_value,
              std::string{to_text(to)}, metadata);
    if (is_terminal(to) && b.type == bead_type::issue) close_molecules(ctx, b);
    ctx.out.wake = true;
    return true;
}

}  // namespace townd::town
