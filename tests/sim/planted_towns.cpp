#include "sim/planted_towns.hpp"

#include <memory>
#include <utility>

#include "sim/forwarding_store.hpp"
#include "town/agents.hpp"

namespace townd::sim::test {
namespace {

using file = std::unique_ptr<store::town_store>;

// The rules see a town that is not as it is.
template <class Bend>
class bent_rows final : public forwarding_store {
public:
    bent_rows(file of, Bend how) : forwarding_store(std::move(of)), how_(std::move(how)) {}
    live_rows load_live() override {
        live_rows rows = inner().load_live();
        how_(rows);
        return rows;
    }

private:
    Bend how_;
};

template <class Bend>
plants rows_bent(Bend how) {
    plants out;
    out.store = [how](int, file of) -> file {
        return std::make_unique<bent_rows<Bend>>(std::move(of), how);
    };
    return out;
}

// Something is done to a town before each look at it.
template <class Change>
plants changed(Change change) {
    plants out;
    out.before_cycle = [change](int) -> engine::town_work {
        return [change](town::context& ctx) -> result<json> {
            change(ctx);
            return json();
        };
    };
    return out;
}

class charges_evictions final : public forwarding_store {
public:
    using forwarding_store::forwarding_store;
    void put_dispatch(const dispatch& d) override {
        dispatch row = d;
        if (row.end_reason == "container eviction") row.charged_bead = true;
        inner().put_dispatch(row);
    }
};

class closes_failed_reviews final : public forwarding_store {
public:
    using forwarding_store::forwarding_store;
    void put_bead(const bead& b) override {
        bead row = b;
        if (row.type == bead_type::merge_request && row.status == bead_status::failed)
            row.status = bead_status::closed;
        inner().put_bead(row);
    }
};

template <class Store>
plants through() {
    plants out;
    out.store = [](int, file of) -> file { return std::make_unique<Store>(std::move(of)); };
    return out;
}

}  // namespace

plants failed_counts_as_landed() {
    return rows_bent([](live_rows& rows) {
        for (auto& c : rows.convoys)
            c.closed += std::exchange(c.failed, 0);
    });
}

plants landing_without_waits() {
    return rows_bent([](live_rows& rows) {
        for (auto& c : rows.convoys) {
            c.landing_attempts = 0;
            c.last_landing_at.reset();
        }
    });
}

plants eviction_charged() {
    return through<charges_evictions>();
}
plants review_closed_by_itself() {
    return through<closes_failed_reviews>();
}

plants drain_without_timeout() {
    return changed([](town::context& ctx) {
        if (ctx.facts.drain) ctx.facts.drain->since = ctx.now;
    });
}

plants drain_forgotten() {
    return changed([](town::context& ctx) { ctx.facts.drain.reset(); });
}

plants triage_without_bound() {
    return rows_bent([](live_rows& rows) {
        for (auto& c : rows.concerns)
            c.repeats = 0;
    });
}

plants hooked_agent_swept() {
    return changed([](town::context& ctx) {
        for (const auto& a : ctx.store.agents())
            if (a.role == agent_role::polecat && a.status == agent_status::idle && a.hook)
                static_cast<void>(town::delete_agent(ctx, a.id));
    });
}

plants restarts_without_bound() {
    return changed([](town::context& ctx) {
        ctx.facts.health.restarts_at.clear();
        ctx.facts.health.exhausted = false;
    });
}

plants nudged_again_and_again() {
    return changed([](town::context& ctx) { ctx.facts.nudges.clear(); });
}

}  // namespace townd::sim::test
