#include "town/molecules.hpp"

namespace townd::town {
namespace {

constexpr int molecules_read_max = 20;  // Of one bead; the newest.
constexpr std::size_t summary_bytes_max = 4 * 1024;

molecule read(const bead& b) {
    molecule out;
    out.id = b.id;
    out.work = b.parent.value_or("");
    out.status = b.status;
    const json metadata = object_in(b.metadata_json);
    if (const auto steps = metadata.find("steps"); steps != metadata.end() && steps->is_array())
        for (const auto& step : *steps)
            if (step.is_object())
                out.steps.push_back({text_at(step, "title").value_or(""),
                                     text_at(step, "instructions").value_or("")});
    const auto done = number_at(metadata, "current_step").value_or(0);
    if (done > 0) out.current = std::min(static_cast<std::size_t>(done), out.steps.size());
    return out;
}

// Newest first.
std::vector<bead> molecules_of(context& ctx, const bead_id& work) {
    store::bead_filter filter;
    filter.type = bead_type::molecule;
    filter.parent = work;
    filter.limit = molecules_read_max;
    return ctx.store.list_beads(filter);
}

std::optional<bead> find_current(context& ctx, const agent_id& id, bool over_too) {
    const auto a = ctx.store.find_agent(id);
    if (!a || !a->hook) return std::nullopt;
    std::optional<bead> over;
    for (auto& b : molecules_of(ctx, *a->hook)) {
        if (!is_terminal(b.status)) return std::move(b);
        if (!over) over = std::move(b);
    }
    return over_too ? over : std::nullopt;
}

}  // namespace

std::optional<molecule> current_molecule(context& ctx, const agent_id& agent) {
    const auto b = find_current(ctx, agent, false);
    if (!b) return std::nullopt;
    return read(*b);
}

result<molecule> advance_molecule(context& ctx, const agent_id& agent,
                                  std::optional<std::size_t> step,
                                  const std::optional<std::string>& summary) {
    // A last step that is told twice meets a molecule that is over.
    auto b = find_current(ctx, agent, step.has_value());
    if (ctx.store.failed()) return *ctx.store.failed();
    if (!b) return failure{errc::not_found, "the agent's work has no molecule that is not over"};
    molecule m = read(*b);
    if (step && *step < m.current) return m;
    if (step && *step > m.current)
        return failure{errc::conflict, "step " + std::to_string(*step) +
                                           " is not the current one: " + std::to_string(m.current) +
                                           " of " + std::to_string(m.steps.size()) + " are done"};
    if (is_terminal(b->status)) return m;
    json metadata = object_in(b->metadata_json);
    metadata["current_step"] = m.current + 1;
    b->metadata_json = dump_json(metadata);
    b->updated_at = ctx.now;
    ctx.store.put_bead(*b);
    json told;
    told["step"] = m.current;
    if (summary) told["summary"] = cut_text(*summary, summary_bytes_max);
    add_event(ctx, b->id, "molecule_advanced", agent, std::to_string(m.current),
              std::to_string(m.current + 1), told);
    if (m.current + 1 >= m.steps.size())
        set_status(ctx, *b, bead_status::closed, "all its steps are done", agent);
    if (ctx.store.failed()) return *ctx.store.failed();
    return read(*b);
}

void close_molecules(context& ctx, const bead& work) {
    for (auto& b : molecules_of(ctx, work.id))
        set_status(ctx, b, bead_status::closed, "its work is over");
}

}  // namespace townd::town
