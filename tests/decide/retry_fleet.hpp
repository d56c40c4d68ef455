#pragma once
// A small fleet at the desk: towns whose roles start agents, hold the evidence of it and ask for
// leave as the daemon's towns do. It knows what is ill, and counts for itself what it cost.

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <deque>
#include <map>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "townd/decide/retry_desk.hpp"

namespace townd {

/// What is wrong with a role of a town.
struct fleet_illness {
    stage at = stage::answered;
    std::string code = "http_5xx";
    std::string words = "http_5xx: no";
    bool hangs = false;                 ///< The answer takes a minute.
    std::optional<duration> asks_wait;  ///< The container says for how long.
    int fails_percent = 100;
};

class retry_fleet {
public:
    explicit retry_fleet(unsigned seed = 1) : random_(seed) {}

    instant now = from_unix_ms(1'795'342'322'000);
    policy rules;
    retry_desk desk;
    /// What must not have happened, in words; the first few.
    std::vector<std::string> broken;
    std::array<int, 4> events{};  ///< By outage_event::kind.
    int leases = 0;
    int failures = 0;  ///< All that the desk was told to count.
    duration
        longest_turn{};  ///< From a paced try's due time to its lease, of towns that are watched.
    std::set<int> watched;

    [[nodiscard]] int upto(int most) {
        return static_cast<int>(random_() % static_cast<unsigned>(most + 1));
    }
    [[nodiscard]] bool percent(int share) { return upto(99) < share; }

    /// A town whose polecats, and whatever else `roles` says, have work.
    int add(const std::vector<agent_role>& roles = {agent_role::polecat}) {
        const int i = static_cast<int>(towns_.size());
        towns_.emplace_back();
        for (const auto r : roles) {
            role_row& row = towns_.back().roles[index_of(r)];
            row.present = true;
            row.work = true;
            at(now + duration{upto(120'000)}, what::start, i, r);
            tell(i, r);
        }
        return i;
    }
    void add(int count) {
        while (count-- > 0)
            add();
    }
    void fall_ill(int town, agent_role r, fleet_illness with) {
        role_row& row = of(town, r);
        if (!row.present || !towns_[place(town)].exists) return;
        // What is in flight then was nobody's decision; so is the first try of it.
        strikes_.push_back({now, static_cast<int>(row.attempts.size())});
        row.ill = std::move(with);
        ill_until_[town] = never;
        if (row.work && !row.known.in_doubt())
            at(now + duration{upto(5'000)}, what::start, town, r);
    }
    void fall_ill(int town, fleet_illness with) { fall_ill(town, agent_role::polecat, with); }
    void repair(int town) {
        for (auto& row : towns_[place(town)].roles)
            row.ill.reset();
        if (const auto ill = ill_until_.find(town); ill != ill_until_.end())
            ill->second = std::min(ill->second, now);
    }
    void repair_all() {
        for (int i = 0; i < size(); ++i)
            repair(i);
    }
    void set_work(int town, agent_role r, bool work) {
        of(town, r).work = work;
        tell(town, r);
    }
    void remove(int town) {
        town_row& t = towns_[place(town)];
        if (!t.exists) return;
        t.exists = false;
        for (auto& row : t.roles)
            row.attempts.clear();
        desk.take(town_gone{name(town)}, now, rules);
        deliver();
    }
    [[nodiscard]] int size() const { return static_cast<int>(towns_.size()); }
    /// Roles that are in doubt and have work.
    [[nodiscard]] int in_doubt() const {
        int out = 0;
        for (const auto& t : towns_)
            for (const auto& row : t.roles)
                out += t.exists && row.present && row.known.in_doubt() ? 1 : 0;
        return out;
    }
    [[nodiscard]] bool in_doubt(int town) const {
        return towns_[place(town)].roles[index_of(agent_role::polecat)].known.in_doubt();
    }
    [[nodiscard]] int tries(int town) const { return towns_[place(town)].tries; }

    void run(duration span) {
        const instant end = now + span;
        while (true) {
            instant next = std::max(desk.next_due(), advanced_ + desk_looks_every);
            if (!queue_.empty()) next = std::min(next, queue_.begin()->first);
            if (next > end) break;
            now = std::max(now, next);
            while (!queue_.empty() && queue_.begin()->first <= now) {
                const happening h = queue_.begin()->second;
                queue_.erase(queue_.begin());
                happen(h);
            }
            if (std::max(desk.next_due(), advanced_ + desk_looks_every) <= now) {
                advanced_ = now;
                desk.advance(now, rules);
            }
            deliver();
        }
        now = end;
    }
    /// Runs until nothing is in doubt; how long that took, or `longest`.
    duration run_until_well(duration longest) {
        const instant from = now;
        while (in_doubt() > 0 && now - from < longest)
            run(duration{1'000});
        return now - from;
    }

private:
    enum class what : std::uint8_t { start, answer, survive, finish };
    struct attempt {
        std::uint64_t id = 0;
        std::uint64_t lease = 0;
        instant began{};
        bool answered = false;
        bool survived = false;
    };
    struct role_row {
        bool present = false;
        bool work = false;
        std::optional<fleet_illness> ill;
        standing known;
        std::vector<attempt> attempts;
        fleet_advice advice;
        std::optional<role_standing> told;
        std::uint64_t lease = 0;  ///< As the desk says.
    };
    struct town_row {
        bool exists = true;
        std::array<role_row, agent_role_count> roles;
        int tries = 0;
    };
    struct happening {
        what kind;
        int town;
        agent_role role;
        std::uint64_t attempt;
    };
    struct cost {
        instant at{};
        int town = 0;
    };
    struct strike {
        instant at{};
        int in_flight = 0;
    };
    static constexpr duration desk_looks_every{250};

    static std::size_t place(int town) { return static_cast<std::size_t>(town); }
    static town_id name(int town) { return "t" + std::to_string(town); }
    role_row& of(int town, agent_role r) { return towns_[place(town)].roles[index_of(r)]; }
    void at(instant when, what kind, int town, agent_role r, std::uint64_t id = 0) {
        queue_.emplace(when, happening{kind, town, r, id});
    }
    void complain(std::string text) {
        if (broken.size() < 5)
            broken.push_back(std::to_string((now - began_).count() / 1'000) +
                             " s: " + std::move(text));
    }

    // One attempt at a time tells whether it works; what began before the doubt tells nothing.
    [[nodiscard]] static bool is_tried(const role_row& row) {
        const stage doubted = row.known.doubted();
        return std::any_of(row.attempts.begin(), row.attempts.end(), [&](const attempt& a) {
            if (a.began < row.known.since()) return false;
            if (!a.answered) return true;
            if (doubted == stage::answered) return false;
            return doubted == stage::done || !a.survived;
        });
    }
    void tell(int town, agent_role r) {
        role_row& row = of(town, r);
        role_standing s{name(town), r, row.work || !row.attempts.empty(), false, {}};
        const standing& k = row.known;
        if (k.in_doubt() || k.is_soft()) {
            doubt_told d;
            d.at = k.in_doubt() ? k.doubted() : stage::done;
            d.soft = !k.in_doubt();
            d.kind = k.why().kind();
            d.words = k.why().words;
            d.since = k.since();
            d.failed_at = k.newest();
            d.asked_until = k.asked_until();
            d.failures = k.failures();
            d.in_row = k.in_row();
            if (k.in_doubt()) {
                d.next_try = k.next_try();
                d.earning = k.earning();
                s.wants = row.work && !is_tried(row);
            }
            s.doubt = d;
        }
        const bool same = row.told && row.told->work == s.work && row.told->wants == s.wants &&
                          row.told->doubt == s.doubt;
        if (same) return;
        row.told = s;
        desk.take(s, now, rules);
    }
    void news(int town, agent_role r, const attempt& a, stage where, verdict said, bool counts) {
        attempt_news n{name(town), r, where, said, a.began, counts, a.lease, {}};
        const standing& k = of(town, r).known;
        if (k.in_doubt()) n.doubted = k.doubted();
        desk.take(n, now, rules);
        if (!counts) return;
        ++failures;
        count(town);
    }
    // The fleet's bound, and the town's. Towns that are ill or were so within the hour, what was in
    // flight when they fell ill, and the budget; hours that touch the first one cost a little more.
    void count(int town) {
        hour_.push_back({now, town});
        while (now - hour_.front().at >= retry_window)
            hour_.pop_front();
        std::erase_if(ill_until_, [&](const auto& each) {
            return each.second != never && now - each.second >= retry_window;
        });
        while (!strikes_.empty() && now - strikes_.front().at >= 2 * retry_window)
            strikes_.pop_front();
        // A dozen more where all is spent: somebody is tried all the same.
        int bound = static_cast<int>(ill_until_.size()) + rules.retry.per_hour + 12;
        if (!strikes_.empty()) bound += 29;
        for (const auto& s : strikes_)
            bound += s.in_flight;
        if (static_cast<int>(hour_.size()) > bound)
            complain(std::to_string(hour_.size()) + " failures within an hour, bound " +
                     std::to_string(bound));
        const auto mine = std::count_if(hour_.begin(), hour_.end(),
                                        [&](const cost& c) { return c.town == town; });
        if (mine > 16)
            complain(name(town) + " failed " + std::to_string(mine) + " times in an hour");
    }

    void start(int town, agent_role r, std::uint64_t lease) {
        role_row& row = of(town, r);
        attempt a;
        a.id = ++attempts_;
        a.lease = lease;
        a.began = now;
        if (row.known.in_doubt()) row.known.tried(now);
        row.attempts.push_back(a);
        ++towns_[place(town)].tries;
        const bool hangs = row.ill && row.ill->hangs;
        at(now + (hangs ? duration{60'000} : duration{200 + upto(1'800)}), what::answer, town, r,
           a.id);
    }
    void happen(const happening& h) {
        town_row& t = towns_[place(h.town)];
        role_row& row = of(h.town, h.role);
        if (!t.exists) return;
        if (h.kind == what::start) {
            at(now + duration{120'000 + upto(180'000)}, what::start, h.town, h.role);
            if (row.work && !row.known.in_doubt() && row.attempts.size() < 3)
                start(h.town, h.role, 0);
            tell(h.town, h.role);
            return;
        }
        const auto found = std::find_if(row.attempts.begin(), row.attempts.end(),
                                        [&](const attempt& a) { return a.id == h.attempt; });
        if (found == row.attempts.end()) return;
        const stage where = h.kind == what::answer    ? stage::answered
                            : h.kind == what::survive ? stage::survived
                                                      : stage::done;
        if (row.ill && row.ill->at == where && percent(row.ill->fails_percent)) {
            const attempt a = *found;
            row.attempts.erase(found);
            fail(h.town, h.role, a, where);
        } else {
            succeed(h.town, h.role, *found, where);
        }
        tell(h.town, h.role);
    }
    void fail(int town, agent_role r, const attempt& a, stage where) {
        role_row& row = of(town, r);
        standing::failure f;
        f.at = where;
        f.began = a.began;
        f.now = now;
        f.bead = "b" + std::to_string(a.id);
        f.why.code = row.ill->code;
        f.why.words = row.ill->words;
        if (row.ill->asks_wait) f.not_before = now + *row.ill->asks_wait;
        const auto said = row.known.failed(f, upto(1'000) / 1'000.0, rules.retry);
        news(town, r, a, where, verdict::failure,
             where != stage::done || said == standing::meaning::doubted);
    }
    void succeed(int town, agent_role r, attempt& a, stage where) {
        role_row& row = of(town, r);
        row.known.succeeded(where, a.began, now);
        a.answered = true;
        a.survived = a.survived || where != stage::answered;
        const attempt copy = a;
        const duration young{row.ill && row.ill->at == stage::survived ? 20'000 : 60'000};
        if (where == stage::answered) at(now + young, what::survive, town, r, a.id);
        if (where == stage::survived) at(now + duration{240'000}, what::finish, town, r, a.id);
        if (where == stage::done)
            std::erase_if(row.attempts, [&](const attempt& each) { return each.id == copy.id; });
        news(town, r, copy, where, verdict::success, false);
    }

    void deliver() {
        for (bool more = true; more;) {
            const auto messages = desk.take_messages();
            more = !messages.empty();
            for (const auto& m : messages)
                hear(m);
        }
        for (const auto& e : desk.take_events())
            ++events[static_cast<std::size_t>(e.what)];
    }
    void hear(const fleet_message& m) {
        const int town = std::stoi(m.town.substr(1));
        role_row& row = of(town, m.role);
        const bool fresh = m.advice.lease != 0 && m.advice.lease != row.lease;
        if (fresh) check_grant(town, m, row);
        row.lease = m.advice.lease;
        if (!towns_[place(town)].exists) return;
        const bool other = row.advice.outage != m.advice.outage;
        row.advice = m.advice;
        if (other && !m.advice.outage.empty() && m.advice.at == stage::done)
            row.known.outage_opened(stage::done, now, rules.retry);
        if (fresh) use(town, m.role, m.advice.lease);
        tell(town, m.role);
    }
    void check_grant(int town, const fleet_message& m, const role_row& row) {
        ++leases;
        const std::string who = m.town + " " + std::string{to_text(m.role)};
        if (!towns_[place(town)].exists) complain(who + " is gone and gets a lease");
        if (row.lease != 0) complain(who + " gets a lease while it has one");
        if (!row.known.in_doubt()) complain(who + " is well and gets a lease");
        if (!row.work) complain(who + " has no work and gets a lease");
        if (row.known.asked_until() > now)
            complain(who + " was asked to wait for " +
                     std::to_string((row.known.asked_until() - now).count()) + " ms more");
        const duration early = row.known.next_try() - now;
        if (!m.advice.sweep && early > duration{0})
            complain(who + " is tried " + std::to_string(early.count()) +
                     " ms before its own wait is over");
        for (const auto& a : row.attempts)
            if (a.lease != 0 && !a.answered) complain(who + " is tried twice at once");
        if (watched.contains(town) && !m.advice.sweep)
            longest_turn = std::max(longest_turn, -early);
    }
    // Some leases come at a moment at which there is no room for a start.
    void use(int town, agent_role r, std::uint64_t lease) {
        role_row& row = of(town, r);
        const bool usable = row.work && row.known.in_doubt() && !is_tried(row) && !percent(3);
        if (usable) {
            start(town, r, lease);
        } else {
            desk.take(lease_returned{name(town), r, lease}, now, rules);
        }
    }

    std::mt19937 random_;
    const instant began_ = now;
    instant advanced_{};
    std::vector<town_row> towns_;
    std::multimap<instant, happening> queue_;
    std::deque<cost> hour_;
    std::map<int, instant> ill_until_;
    std::deque<strike> strikes_;
    std::uint64_t attempts_ = 0;
};

}  // namespace townd
