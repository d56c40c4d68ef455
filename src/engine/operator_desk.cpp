#include "engine/operator_desk.hpp"

#include <algorithm>
#include <utility>

#include "engine/operator_work.hpp"

namespace townd::engine {
namespace {

constexpr std::size_t orders_max = 1000;

bool sets_up(operator_verb v) {
    return v == operator_verb::pause || v == operator_verb::drain;
}
override_kind kind_of(operator_verb v) {
    return v == operator_verb::pause || v == operator_verb::resume ? override_kind::pause
                                                                   : override_kind::drain;
}

override_order order_of(const operator_request& what, instant now) {
    override_order out;
    out.kind = kind_of(what.verb);
    out.scope = what.scope;
    out.town = what.town;
    out.rig = what.rig;
    out.role = what.role;
    out.by = what.by;
    out.reason = what.reason;
    out.set_at = now;
    if (what.ttl) out.until = now + *what.ttl;
    return out;
}

bool same_place(const override_order& a, const override_order& b) {
    return a.kind == b.kind && a.scope == b.scope && a.town == b.town && a.rig == b.rig &&
           a.role == b.role;
}

store::audit_entry entry_of(const operator_request& what, instant now) {
    store::audit_entry out;
    out.at = now;
    out.by = what.by;
    out.peer = what.peer;
    out.verb = std::string{to_text(what.verb)};
    out.route = what.route;
    out.target = target_of(what);
    out.reason = what.reason;
    out.request_id = what.request_id;
    out.outcome = "asked";
    if (has_end(what.verb) && what.ttl) out.expires_at = now + *what.ttl;
    return out;
}

std::string kept_key(const operator_request& what) {
    return what.by + "\n" + what.idempotency_key;
}

}  // namespace

operator_desk::operator_desk(fleet& towns, environment& env, fleet_records& records,
                             std::function<void(const town_id&)> wake)
    : towns_(towns), env_(env), records_(records), wake_(std::move(wake)) {
    records_.on_open([this](store::fleet_store& in) { load(in); });
    records_.on_time([this](const result<store::fleet_store*>& in, instant now) {
        if (in) end_orders(**in, now);
    });
}

void operator_desk::put_in_force(override_list next) {
    env_.set_overrides(std::make_shared<const override_list>(std::move(next)));
}

void operator_desk::wake_concerned(const override_order& order) {
    if (!order.town.empty()) return wake_(order.town);
    for (const auto& town : towns_.summaries())
        wake_(town->id);
}

void operator_desk::tell(const operator_request& what) {
    std::string event = "operator_" + std::string{to_text(what.verb)};
    std::replace(event.begin(), event.end(), '-', '_');
    env_.journal.note(what.town, event,
                      "by " + what.by + ": " + target_of(what) + ": " + what.reason);
}

// After trouble with the file, what is in force stays in force: it is what was committed last.
void operator_desk::load(store::fleet_store& in) {
    if (loaded_) return;
    in.begin();
    int bad = 0;
    auto found = in.orders(bad);
    if (const auto done = in.commit(); !done) {
        env_.journal.warn("", "operator_orders_unread", done.error().what);
        return;
    }
    loaded_ = true;
    if (bad > 0)
        env_.journal.warn("", "operator_orders_unread",
                          std::to_string(bad) + " orders in fleet.db cannot be read: left out");
    put_in_force(found);
    for (const auto& order : found)
        wake_concerned(order);
}

// Those whose time is over.
void operator_desk::end_orders(store::fleet_store& in, instant now) {
    const auto all = env_.overrides();
    override_list over;
    override_list rest;
    for (const auto& o : *all)
        (o.is_over(now) ? over : rest).push_back(o);
    if (over.empty()) return;
    in.begin();
    for (const auto& o : over) {
        in.erase_order(o.id);
        store::audit_entry entry;
        entry.at = now;
        entry.by = "townd";
        entry.verb = "expired";
        entry.target = target_of(o);
        entry.reason = "the " + std::string{to_text(o.kind)} + " by " + o.by + " ran out";
        entry.before_json = dump_json(to_json(o));
        in.add_audit(entry);
    }
    const auto done = in.commit();
    if (!done) env_.journal.storage_failed("", "commit", done.error());
    // Over is over, on record or not: it is ended again at the next start.
    put_in_force(std::move(rest));
    for (const auto& o : over) {
        env_.journal.note(o.town, "operator_expired",
                          std::string{to_text(o.kind)} + " of " + target_of(o) + " by " + o.by);
        wake_concerned(o);
    }
}

std::optional<failure> operator_desk::refused(const operator_request& what) const {
    if (what.many) return std::nullopt;
    if (what.town.empty()) {
        if (is_daemon_verb(what.verb)) return std::nullopt;
        const bool needs_town = !is_order_verb(what.verb) || what.scope == override_scope::town ||
                                what.scope == override_scope::rig;
        if (needs_town) return failure{errc::invalid, "town: name the town"};
        return std::nullopt;
    }
    const auto town = towns_.summary(what.town);
    if (!town)
        return failure{errc::not_found, "town " + clean_text(what.town, 80) + " does not exist"};
    if (!is_order_verb(what.verb) || what.scope != override_scope::rig) return std::nullopt;
    const bool known = std::any_of(town->rigs.begin(), town->rigs.end(),
                                   [&](const auto& rig) { return rig.first == what.rig; });
    // A town that was not read yet, or cannot be, has no rigs to compare with.
    if (known || town->ticks == 0 || !sets_up(what.verb)) return std::nullopt;
    return failure{errc::not_found,
                   "town " + what.town + " has no rig " + clean_text(what.rig, 80)};
}

void operator_desk::operate(operator_request what, reply done) {
    if (auto wrong = refused(what)) return done(*std::move(wrong));
    const bool posted = records_.post(
        [this, what = std::move(what), done](const auto& in) { take(in, what, done); });
    if (!posted)
        done(failure{errc::overloaded, "townd is shutting down, or too much waits: try again"});
}

void operator_desk::take(const result<store::fleet_store*>& in, const operator_request& what,
                         const reply& done) {
    if (!in)
        return done(
            failure{errc::unavailable,
                    "nothing was changed, because it could not be kept: " + in.error().what});
    auto& store = **in;
    if (!what.dry_run && !what.idempotency_key.empty() && repeated(store, what, done)) return;
    if (is_order_verb(what.verb)) return take_order(store, what, done);
    if (what.many) return take_batch(store, what, done);
    if (is_daemon_verb(what.verb)) return ask_daemon(store, what, done);
    if (what.dry_run) return try_in_town(what, done);
    ask_town(store, what, done);
}

bool operator_desk::repeated(store::fleet_store& in, const operator_request& what,
                             const reply& done) {
    in.begin();
    const auto kept = in.find_answer(kept_key(what), env_.clock.now());
    if (const auto read = in.commit(); !read) {
        done(read.error());
        return true;
    }
    if (!kept) {
        if (!under_way_.contains(kept_key(what))) return false;
        done(failure{errc::conflict,
                     "Idempotency-Key: the request with this key is still being worked on"});
        return true;
    }
    if (kept->digest != what.digest) {
        done(failure{errc::conflict,
                     "Idempotency-Key: this key was used for another request: use a new one"});
        return true;
    }
    done(parse_json(kept->answer_json));
    return true;
}

void operator_desk::take_order(store::fleet_store& in, const operator_request& what,
                               const reply& done) {
    const instant now = env_.clock.now();
    const auto all = env_.overrides();
    override_order order = order_of(what, now);
    override_list next;
    operator_answer answer;
    for (const auto& o : *all) {
        if (!same_place(o, order))
            next.push_back(o);
        else
            answer.before = to_json(o);
    }
    if (sets_up(what.verb)) answer.expires_at = order.until;
    if (sets_up(what.verb) && next.size() >= orders_max)
        return done(failure{errc::conflict, "there are " + std::to_string(orders_max) +
                                                " orders in force: resume some first"});
    if (what.dry_run || (!sets_up(what.verb) && answer.before.is_null())) {
        if (sets_up(what.verb)) answer.after = to_json(order);
        return done(to_json(answer));
    }
    in.begin();
    const auto id = in.add_audit(entry_of(what, now));
    for (const auto& o : *all)
        if (same_place(o, order)) in.erase_order(o.id);
    if (sets_up(what.verb)) {
        order.id = audit_name(id);
        in.put_order(order);
        next.push_back(order);
        answer.after = to_json(order);
    }
    in.settle_audit(id, dump_json(answer.before), dump_json(answer.after), "done");
    answer.audit_id = id;
    answer.applied = true;
    const json said = to_json(answer);
    if (!what.idempotency_key.empty())
        in.keep_answer(kept_key(what), {what.digest, dump_json(said)}, now);
    if (const auto kept = in.commit(); !kept) return done(kept.error());
    put_in_force(std::move(next));
    wake_concerned(order);
    tell(what);
    done(said);
}

void operator_desk::try_in_town(const operator_request& what, const reply& done) {
    auto said = std::make_shared<result<json>>(failure{errc::unavailable, ""});
    const auto expires =
        has_end(what.verb) && what.ttl ? std::optional{env_.clock.now() + *what.ttl} : std::nullopt;
    towns_.read_town(what.town, tried(work_for(what), said),
                     [said, done, expires](const result<json>& undone) {
                         if (!*said) {
                             const bool asked = said->error().kind != errc::unavailable;
                             return done(asked ? said->error() : undone.error());
                         }
                         operator_answer answer;
                         answer.before = (**said)["before"];
                         answer.after = (**said)["after"];
                         answer.expires_at = expires;
                         done(to_json(answer));
                     });
}

result<std::int64_t> operator_desk::write_asked(store::fleet_store& in,
                                                const operator_request& what) {
    std::int64_t id = 0;
    const auto kept = fleet_records::in_one(
        in, [&](store::fleet_store& s) { id = s.add_audit(entry_of(what, env_.clock.now())); });
    if (!kept) return kept.error();
    if (!what.idempotency_key.empty()) under_way_.insert(kept_key(what));
    return id;
}

// What a town or the daemon says when it has done what was asked: `{before, after, changed}`.
reply operator_desk::settling(const operator_request& what, std::int64_t id, const reply& done) {
    const auto expires =
        has_end(what.verb) && what.ttl ? std::optional{env_.clock.now() + *what.ttl} : std::nullopt;
    return [this, what, done, id, expires](const result<json>& came) {
        if (!came) return settle(what, id, came.error(), done);
        operator_answer answer;
        answer.before = (*came)["before"];
        answer.after = (*came)["after"];
        answer.applied = (*came)["changed"].get<bool>();
        answer.audit_id = id;
        answer.expires_at = expires;
        settle(what, id, answer, done);
    };
}

void operator_desk::ask_town(store::fleet_store& in, const operator_request& what,
                             const reply& done) {
    const auto id = write_asked(in, what);
    if (!id) return done(id.error());
    towns_.in_town(what.town, work_for(what), settling(what, *id, done));
}

void operator_desk::ask_daemon(store::fleet_store& in, const operator_request& what,
                               const reply& done) {
    if (what.dry_run || !what.act)
        return done(failure{errc::invalid, "dry_run: there is none of this"});
    const auto id = write_asked(in, what);
    if (!id) return done(id.error());
    what.act(settling(what, *id, done));
}

void operator_desk::settle(const operator_request& what, std::int64_t id,
                           result<operator_answer> came, const reply& done) {
    const auto answer_of = [](const result<operator_answer>& r) -> result<json> {
        if (!r) return r.error();
        return to_json(*r);
    };
    const bool posted = records_.post(
        [this, what, id, came, done, answer_of](const result<store::fleet_store*>& in) {
            const auto answer = answer_of(came);
            under_way_.erase(kept_key(what));
            if (in) {
                const auto kept = fleet_records::in_one(**in, [&](store::fleet_store& s) {
                    if (!came) return s.settle_audit(id, "null", "null", came.error().what);
                    s.settle_audit(id, dump_json(came->before), dump_json(came->after), "done");
                    if (!what.idempotency_key.empty())
                        s.keep_answer(kept_key(what), {what.digest, dump_json(*answer)},
                                      env_.clock.now());
                });
                if (!kept) env_.journal.storage_failed("", "commit", kept.error());
            }
            if (came) tell(what);
            done(answer);
        });
    if (!posted) done(answer_of(came));  // What was done is done, on record as asked.
}

void operator_desk::read_audit(audit_query which, reply done) {
    const bool posted = records_.post([which, done](const result<store::fleet_store*>& in) {
        if (!in) return done(in.error());
        auto& store = **in;
        store.begin();
        const auto rows = store.audit(which.before, which.limit);
        if (const auto read = store.commit(); !read) return done(read.error());
        json out;
        out["items"] = json::array();
        for (const auto& row : rows)
            out["items"].push_back(to_json(row));
        const bool more = static_cast<int>(rows.size()) == which.limit && rows.back().id > 1;
        out["next"] = more ? json(std::to_string(rows.back().id)) : json();
        done(std::move(out));
    });
    if (!posted) done(failure{errc::overloaded, "townd is shutting down: try again"});
}

operator_view operator_desk::view() const {
    return {progress_of(*env_.overrides(), towns_.summaries()), records_.problem()};
}

std::string operator_desk::sentence() const {
    std::string out = sentence_of(*env_.overrides());
    if (const auto problem = records_.problem(); !problem.empty())
        out += (out.empty() ? "" : " ") +
               ("Operators' orders cannot be kept: " + clean_text(problem, 300) + ".");
    return out;
}

}  // namespace townd::engine
