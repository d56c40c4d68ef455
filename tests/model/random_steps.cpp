#include "model/random_steps.hpp"

namespace townd::model::test {

using namespace townd::store;

random_step random_steps::next() {
    switch (below(10)) {
        case 0:
        case 1:
        case 2:
            return on_beads();
        case 3:
        case 4:
            return on_agents();
        case 5:
            return on_reviews();
        case 6:
            return on_events();
        case 7:
        case 8:
            return on_dispatches();
        default:
            return on_town();
    }
}

random_step random_steps::on_beads() {
    const auto id = bead_of();
    switch (below(8)) {
        case 0:
        case 1:
            return {"insert_bead", [b = a_bead()](town_store& s) { s.insert_bead(b); }};
        case 2:
        case 3:
            return {"put_bead", [b = a_bead()](town_store& s) { s.put_bead(b); }};
        case 4:
            if (!one_in(2)) break;
            return {"delete_bead", [id](town_store& s) { s.delete_bead(id); }};
        case 5: {
            bead_event e{0,
                         id_of("event-", 40),
                         id,
                         perhaps(agent_of()),
                         "moved",
                         perhaps(text()),
                         perhaps(text()),
                         metadata(),
                         time()};
            return {"add_bead_event", [e](town_store& s) { s.add_bead_event(e); }};
        }
        default:
            break;
    }
    const std::vector<std::string> types{"blocks", "blocks", "tracks", "parent-child"};
    dependency d{id, bead_of(), one_of(types), std::nullopt};
    return {"add_dependency", [d](town_store& s) { s.add_dependency(d); }};
}

random_step random_steps::on_agents() {
    const auto id = agent_of();
    const auto at = time();
    switch (below(7)) {
        case 0:
        case 1:
            return {"insert_agent", [a = an_agent()](town_store& s) { s.insert_agent(a); }};
        case 2:
        case 3:
            return {"put_agent", [a = an_agent()](town_store& s) { s.put_agent(a); }};
        case 4:
            if (!one_in(2)) break;
            return {"delete_agent", [id](town_store& s) { s.delete_agent(id); }};
        case 5:
            return {"add_agent_event", [id, type = text(), data = text(), at](town_store& s) {
                        s.add_agent_event(id, type, data, at);
                    }};
        default:
            break;
    }
    if (one_in(3))
        return {"nudge_delivered",
                [n = id_of("nudge-", 9), at](town_store& s) { s.nudge_delivered(n, at); }};
    nudge n{id_of("nudge-", 9), id, text(), "queue", "urgent", "system", time(), perhaps(time())};
    return {"add_nudge", [n](town_store& s) { s.add_nudge(n); }};
}

random_step random_steps::on_reviews() {
    review r{bead_of(), text(), text(), perhaps(text()), perhaps(text()), perhaps(bead_of())};
    switch (below(5)) {
        case 0:
        case 1:
            return {"insert_review", [r](town_store& s) { s.insert_review(r); }};
        case 2:
            return {"put_review", [r](town_store& s) { s.put_review(r); }};
        case 3: {
            escalation e{bead_of(), "high", text(), one_in(2), perhaps(time()), below(4)};
            return {"put_escalation", [e](town_store& s) { s.put_escalation(e); }};
        }
        default: {
            convoy c{bead_of(),       below(9), below(9), perhaps(time()),
                     perhaps(text()), text(),   one_in(2)};
            return {"put_convoy", [c](town_store& s) { s.put_convoy(c); }};
        }
    }
}

random_step random_steps::on_events() {
    const auto id = id_of("town-event-", 5);
    const auto at = time();
    switch (below(4)) {
        case 0:
            return {"town_event_done", [id, at](town_store& s) { s.town_event_done(id, at); }};
        case 1:
            return {"town_event_failed",
                    [id, why = text(), at](town_store& s) { s.town_event_failed(id, why, at); }};
        default:
            return {"add_town_event",
                    [id, type = text(), agent = perhaps(agent_of()), bead = perhaps(bead_of()),
                     payload = text(), at, processed = one_in(3)](town_store& s) {
                        s.add_town_event(id, type, agent, bead, payload, at, processed);
                    }};
    }
}

random_step random_steps::on_dispatches() {
    switch (below(6)) {
        case 0:
        case 1:
            return {"insert_dispatch", [d = a_dispatch()](town_store& s) { s.insert_dispatch(d); }};
        case 2:
            return {"put_dispatch", [d = a_dispatch()](town_store& s) { s.put_dispatch(d); }};
        case 3:
            return {"delete_stop", [id = agent_of()](town_store& s) { s.delete_stop(id); }};
        case 4: {
            stop_order o{agent_of(), text(), time(), below(5), time(), "not kept"};
            return {"put_stop", [o](town_store& s) { s.put_stop(o); }};
        }
        default:
            return {"add_failure", [bead = bead_of(), role = any<agent_role>(3), f = a_failure()](
                                       town_store& s) { s.add_failure(bead, role, f); }};
    }
}

random_step random_steps::on_town() {
    const auto key = id_of("k", 3);
    switch (below(10)) {
        case 9:
            return {"prune_history", [before = time(), rows = below(6)](town_store& s) {
                        s.put_value("k0", std::to_string(s.prune_history(before, rows)));
                    }};
        case 0: {
            town_meta m{"t1", text(), text(), time(), time(), metadata()};
            return {"put_meta", [m](town_store& s) { s.put_meta(m); }};
        }
        case 1:
            return {"put_value", [key, value = text()](town_store& s) { s.put_value(key, value); }};
        case 2:
            return {"erase_value", [key](town_store& s) { s.erase_value(key); }};
        case 3:
        case 4:
            return {"insert_rig", [r = a_rig()](town_store& s) { s.insert_rig(r); }};
        case 5:
            return {"put_rig", [r = a_rig()](town_store& s) { s.put_rig(r); }};
        case 6:
            return {"delete_rig", [id = id_of("rig-", 4)](town_store& s) { s.delete_rig(id); }};
        case 7:
            return {"delete_breaker", [key](town_store& s) { s.delete_breaker(key); }};
        default:
            return {"put_breaker", [b = town_store::stored_breaker{key, text()}](town_store& s) {
                        s.put_breaker(b);
                    }};
    }
}

}  // namespace townd::model::test
