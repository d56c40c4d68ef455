#include "sim/people.hpp"

#include <algorithm>
#include <memory>
#include <utility>

#include "sim/disk.hpp"
#include "town/agents.hpp"
#include "town/beads.hpp"
#include "town/callbacks.hpp"
#include "town/mail.hpp"

namespace townd::sim {
namespace {

constexpr std::uint64_t any_rig = ~std::uint64_t{0};
constexpr duration asked_again{5'000};
constexpr duration first_minute{60'000};

bool waits(const live_rows& rows, const bead_id& id) {
    return std::any_of(rows.dependencies.begin(), rows.dependencies.end(),
                       [&](const dependency& d) { return d.bead == id; }) ||
           std::find(rows.staged.begin(), rows.staged.end(), id) != rows.staged.end();
}

}  // namespace

// A question without an answer is asked again.
struct people::request {
    request(stage& s, const happening& w) : on(s), what(w) {}
    ~request() {
        if (!answered) on.in(asked_again, what.what, what.town, what.arg);
    }
    request(const request&) = delete;
    request& operator=(const request&) = delete;
    stage& on;
    const happening what;
    bool answered = false;
};

people::asked people::ask(const happening& what) {
    return std::make_shared<request>(stage_, what);
}

void people::plan(std::uint32_t town) {
    const auto& work = stage_.work(town);
    const auto soon = [&](kind what, std::uint64_t arg, duration within) {
        stage_.in(stage_.chance.between(duration{100}, within), what, town, arg);
        ++waiting_;
    };
    for (int rig = 0; rig < stage_.options.rigs; ++rig)
        for (int i = 0; i < work.beads_at_start; ++i)
            soon(kind::bead_due, static_cast<std::uint64_t>(rig), first_minute);
    for (int i = 0; i < work.convoys; ++i)
        soon(kind::convoy_due, stage_.chance.below(static_cast<std::size_t>(stage_.options.rigs)),
             2 * first_minute);
    for (int i = 0; i < work.mayor_messages; ++i)
        soon(kind::message_due, 0, 10 * first_minute);
    if (work.beads_per_hour > 0.0)
        stage_.in(stage_.chance.until_next(work.beads_per_hour), kind::arrival_due, town);
    if (work.meddling > 0.0)
        stage_.in(stage_.chance.until_next(work.meddling), kind::meddling_due, town);
}

void people::happen(const happening& what) {
    if (stage_.absent[what.town]) {  // Nobody waits for an answer of what is gone.
        if (what.what != kind::arrival_due && what.what != kind::meddling_due) --waiting_;
        return;
    }
    switch (what.what) {
        case kind::bead_due:
            make_bead(what);
            return;
        case kind::convoy_due:
            make_convoy(what);
            return;
        case kind::convoy_start:
            start_convoy(what);
            return;
        case kind::message_due:
            send_letter(what);
            return;
        case kind::arrival_due: {
            const auto& work = stage_.work(what.town);
            if (stage_.now() - stage_.options.begin >= work.arrive_until) return;
            stage_.in(stage_.chance.until_next(work.beads_per_hour), kind::arrival_due, what.town);
            ++waiting_;
            happening one = what;
            one.what = kind::bead_due;
            one.arg = any_rig;
            make_bead(one);
            return;
        }
        case kind::meddling_due:
            if (over_) return;
            stage_.in(stage_.chance.until_next(stage_.work(what.town).meddling), kind::meddling_due,
                      what.town);
            meddle(what.town);
            return;
        default:
            return;
    }
}

void people::make_bead(const happening& what) {
    std::uint64_t rig = what.arg;
    if (rig == any_rig) rig = stage_.chance.below(static_cast<std::size_t>(stage_.options.rigs));
    town::new_bead wanted;
    wanted.type = bead_type::issue;
    wanted.title = "Work";
    wanted.rig = rig_name(what.town, static_cast<int>(rig));
    wanted.created_by = "user-1";
    auto id = std::make_shared<bead_id>();
    auto work = [wanted, id](town::context& ctx) -> result<json> {
        if (!ctx.store.find_rig(*wanted.rig)) return json();  // Deleted: nobody asks it for work.
        auto made = town::create_bead(ctx, wanted);
        if (!made) return made.error();
        *id = made->id;
        return json();
    };
    happening again = what;
    again.arg = rig;
    const auto done = [this, id, request = ask(again)](const result<json>& answer) {
        if (!answer) return;
        request->answered = true;
        --waiting_;
        if (id->empty()) return;
        const std::uint32_t town = request->what.town;
        ++stage_.counts.beads_made;
        stage_.record(80, town);
        judge_.acknowledged(town, *id);
        if (stage_.options.watch != nullptr)
            stage_.options.watch->bead_made(stage_.now(), static_cast<int>(town), *id);
    };
    static_cast<void>(api_.call(what.town, std::move(work), done));
}

void people::send_letter(const happening& what) {
    auto work = [](town::context& ctx) -> result<json> {
        auto mayor = town::get_or_create(ctx, agent_role::mayor, std::nullopt);
        if (!mayor) return mayor.error();
        auto sent = town::send_mail(ctx, {std::nullopt, mayor->id, "A question", "How is it?", {}});
        if (!sent) return sent.error();
        return json();
    };
    const auto done = [this, request = ask(what)](const result<json>& answer) {
        if (!answer) return;
        request->answered = true;
        --waiting_;
        stage_.record(81, request->what.town);
    };
    static_cast<void>(api_.call(what.town, std::move(work), done));
}

town::new_convoy people::draw_convoy(const happening& what) {
    town::new_convoy out;
    out.title = "Convoy";
    out.rig = rig_name(what.town, static_cast<int>(what.arg));
    out.created_by = "user-1";
    auto& chance = stage_.chance;
    const int count = chance.between(1, stage_.work(what.town).convoy_beads);
    for (int i = 0; i < count; ++i) {
        town::convoy_bead part{"Part " + std::to_string(i), std::nullopt, {}};
        for (int before = 0; before < i; ++before)
            if (chance.chance(0.4)) part.depends_on.emplace_back(std::int64_t{before});
        out.beads.push_back(std::move(part));
    }
    out.merge_mode = chance.chance(0.5) ? town::lands_by_review : town::lands_bead_by_bead;
    out.staged = chance.chance(0.3);
    return out;
}

void people::make_convoy(const happening& what) {
    const auto wanted = draw_convoy(what);
    auto made = std::make_shared<town::made_convoy>();
    auto work = [wanted, made](town::context& ctx) -> result<json> {
        auto all = town::create_convoy(ctx, wanted);
        if (!all) return all.error();
        *made = *std::move(all);
        return json();
    };
    const auto done = [this, made, staged = *wanted.staged,
                       request = ask(what)](const result<json>& answer) {
        if (!answer) return;
        request->answered = true;
        --waiting_;
        ++stage_.counts.convoys;
        const std::uint32_t town = request->what.town;
        stage_.record(83, town);
        for (const auto& b : made->beads) {
            ++stage_.counts.beads_made;
            judge_.acknowledged(town, b.id);
        }
        if (!staged) return;
        ++waiting_;
        staged_.push_back(made->convoy.id);
        stage_.in(stage_.chance.between(first_minute, 6 * first_minute), kind::convoy_start, town,
                  staged_.size() - 1);
    };
    static_cast<void>(api_.call(what.town, std::move(work), done));
}

void people::start_convoy(const happening& what) {
    auto work = [id = staged_[what.arg]](town::context& ctx) -> result<json> {
        auto begun = town::start_convoy(ctx, id);
        if (!begun) return begun.error();
        return json();
    };
    const auto done = [this, request = ask(what)](const result<json>& answer) {
        const bool over = !answer && answer.error().kind == errc::conflict;
        if (!answer && !over) return;
        request->answered = true;
        --waiting_;
    };
    static_cast<void>(api_.call(what.town, std::move(work), done));
}

// Takes an agent's work away from it, or gives some to one that rests.
void people::meddle(std::uint32_t town) {
    const std::uint64_t pick = stage_.chance.next();
    stage_.record(82, town);
    static_cast<void>(api_.call(
        town,
        [this, town, pick](town::context& ctx) -> result<json> {
            const auto rows = ctx.store.load_live();
            if (pick % 5 == 0 && !rows.convoys.empty()) {
                const auto& id = rows.convoys[pick % rows.convoys.size()].id;
                judge_.of_towns().ended_by_word(town, id);
                static_cast<void>(town::close_convoy(ctx, id));
                return json();
            }
            if (rows.agents.empty()) return json();
            const agent& a = rows.agents[pick % rows.agents.size()];
            if (a.hook) {
                static_cast<void>(town::unhook(ctx, a.id));
                return json();
            }
            if (a.role != agent_role::polecat) return json();
            // Who gives the only agent what waits for other work has stopped both.
            const auto found =
                std::find_if(rows.beads.begin(), rows.beads.end(), [&](const bead& b) {
                    return b.type == bead_type::issue && b.status == bead_status::open &&
                           !b.assignee && !b.parked && !waits(rows, b.id);
                });
            if (found != rows.beads.end()) static_cast<void>(town::hook(ctx, a.id, found->id));
            return json();
        },
        [](const result<json>&) {}));
}

void people::change_rigs(std::uint32_t town, fleet_change::kind what) {
    const std::uint64_t pick = stage_.chance.next();
    stage_.record(84, town);
    if (what == fleet_change::kind::add_rigs) {
        rigs_added_.resize(static_cast<std::size_t>(stage_.options.towns));
        const int place = stage_.options.rigs + rigs_added_[town]++;
        const auto make = [town, place](town::context& ctx) -> result<json> {
            rig made;
            made.id = made.name = rig_name(town, place);
            made.git_url = "https://git.sim/" + made.id;
            made.created_at = ctx.now;
            ctx.store.insert_rig(made);
            ctx.out.wake = true;
            return json();
        };
        if (!api_.call(town, make, [](const result<json>&) {})) return;
        for (int i = 0; i < stage_.work(town).beads_at_start; ++i, ++waiting_)
            stage_.in(stage_.chance.between(duration{100}, first_minute), kind::bead_due, town,
                      static_cast<std::uint64_t>(place));
        return;
    }
    const bool all = what == fleet_change::kind::delete_rigs;
    static_cast<void>(api_.call(
        town,
        [this, town, pick, all](town::context& ctx) -> result<json> {
            const auto rigs = ctx.store.rigs();
            if (rigs.empty()) return json();
            const rig_id rig = rigs[pick % rigs.size()].id;
            for (const auto& a : ctx.store.agents()) {
                if (a.rig != rig) continue;
                judge_.of_towns().deleted_by_word(town, a.id);
                if (auto gone = town::delete_agent(ctx, a.id); !gone) return gone.error();
                if (!all) return json();
            }
            if (!all) return json();
            for (const auto& live : ctx.store.load_live().beads) {
                if (live.rig != rig) continue;
                judge_.of_towns().ended_by_word(town, live.id);
                if (stage_.fleet != nullptr) stage_.fleet->bead_cancelled(town, live.id);
                if (auto b = ctx.store.find_bead(live.id))
                    town::cancel_bead(ctx, *b, bead_status::failed, "its rig was deleted");
            }
            ctx.store.delete_rig(rig);
            ctx.out.wake = true;
            return json();
        },
        [](const result<json>&) {}));
}

void people::heal() {
    over_ = true;
}

}  // namespace townd::sim
