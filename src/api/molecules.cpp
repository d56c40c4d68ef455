// The steps of an agent's work.

#include "town/molecules.hpp"

#include "api/beads.hpp"
#include "api/handlers.hpp"

namespace townd::api {
namespace {

json encode(const town::molecule& m) {
    json out;
    out["molecule_id"] = m.id;
    out["bead_id"] = m.work;
    out["current_step"] = m.current;
    out["total_steps"] = m.steps.size();
    out["step"] = nullptr;
    if (!is_terminal(m.status) && m.current < m.steps.size()) {
        json step;
        step["title"] = m.steps[m.current].title;
        step["instructions"] = m.steps[m.current].instructions;
        out["step"] = std::move(step);
    }
    out["status"] = to_text(m.status);
    return out;
}

}  // namespace

void check_molecule(fields& in, const json* metadata) {
    static const json none = json::object();
    const json& said = metadata != nullptr && metadata->is_object() ? *metadata : none;
    fields part(said, {"metadata"});
    static_cast<void>(part.text("work_bead_id"));
    const json* steps = part.find("steps");
    if (steps == nullptr || !steps->is_array() || steps->empty() ||
        steps->size() > town::molecule_steps_max) {
        part.add("steps", "Expected an array of 1 to " + std::to_string(town::molecule_steps_max) +
                              " steps {title, instructions}");
        return in.take(part);
    }
    for (std::size_t i = 0; i < steps->size(); ++i) {
        fields step((*steps)[i], {"metadata", "steps", std::to_string(i)});
        static_cast<void>(step.text("title"));
        static_cast<void>(step.optional_text("instructions"));
        part.take(step);
    }
    in.take(part);
}

void show_molecule(const face& self, call c) {
    read(self, std::move(c), [rig = c.rig(), id = c.agent()](town::context& ctx) -> result<json> {
        if (auto a = agent_at(ctx, rig, id); !a) return a.error();
        const auto m = town::current_molecule(ctx, id);
        return settled(ctx, m ? encode(*m) : json(nullptr));
    });
}

void advance_molecule(const face& self, call c) {
    fields in(c.body);
    const auto summary = in.optional_text("summary");
    const auto step = in.number("step", 0, town::molecule_steps_max);
    if (!in.sound()) return c.reply(invalid_body(in.issues()));
    std::optional<std::size_t> meant;
    if (step) meant = static_cast<std::size_t>(*step);
    write(self, std::move(c), 200,
          [rig = c.rig(), id = c.agent(), meant, summary](town::context& ctx) -> result<json> {
              if (auto a = agent_at(ctx, rig, id); !a) return a.error();
              const auto m = town::advance_molecule(ctx, id, meant, summary);
              if (!m) return m.error();
              return settled(ctx, encode(*m));
          });
}

}  // namespace townd::api
