#include "api/convoy_body.hpp"

namespace townd::api {
namespace {

constexpr std::size_t links_max = town::convoy_beads_max;

std::optional<std::string> parse_merge_mode(std::string_view text) {
    if (text == town::lands_by_review || text == town::lands_bead_by_bead) return std::string{text};
    return std::nullopt;
}

std::vector<town::convoy_link> read_links(fields& in, const json& one,
                                          const std::vector<std::string>& at) {
    std::vector<town::convoy_link> out;
    const json* links = fields(one).find("depends_on");
    if (links == nullptr) return out;
    if (!links->is_array() || links->size() > links_max) {
        in.add("depends_on", "Expected an array of at most " + std::to_string(links_max) +
                                 " places or titles of other beads");
        return out;
    }
    auto path = at;
    path.emplace_back("depends_on");
    fields each(*links, path);
    for (std::size_t j = 0; j < links->size(); ++j) {
        const json& link = (*links)[j];
        const bool whole = link.is_number_integer() &&
                           !(link.is_number_unsigned() &&
                             link.get<std::uint64_t>() > static_cast<std::uint64_t>(INT64_MAX));
        if (whole) {
            out.emplace_back(link.get<std::int64_t>());
        } else if (link.is_string()) {
            out.emplace_back(link.get<std::string>());
        } else {
            each.add(std::to_string(j), "Expected the place or the title of another bead");
            out.emplace_back(std::int64_t{-1});
        }
    }
    in.take(each);
    return out;
}

town::convoy_bead read_bead(fields& in, const json& one, std::size_t place,
                            std::string_view beads_key) {
    const std::vector<std::string> at{std::string{beads_key}, std::to_string(place)};
    fields part(one, at);
    town::convoy_bead out;
    if (!one.is_object()) {
        part.add("", "Expected an object");
    } else {
        out.title = part.text("title");
        out.body = part.optional_text("body");
        out.depends_on = read_links(part, one, at);
    }
    in.take(part);
    return out;
}

// Only what can be read is looked at for its order, or each mistake would be told twice.
void check_order(fields& in, const std::vector<town::convoy_bead>& beads,
                 std::string_view beads_key) {
    const auto order = town::order_of(beads);
    const json none = json::object();
    for (const auto& p : order.problems) {
        fields link(none,
                    {std::string{beads_key}, std::to_string(p.bead), std::string{"depends_on"}});
        link.add(std::to_string(p.link), p.text);
        in.take(link);
    }
    if (!order.cycle.empty()) in.add(beads_key, "These beads wait for each other: " + order.cycle);
}

}  // namespace

town::new_convoy read_convoy(fields& in, const json& body, std::string_view title_key,
                             std::string_view beads_key) {
    town::new_convoy out;
    out.title = in.text(title_key);
    out.rig = in.text("rig_id");
    out.merge_mode =
        in.optional_choice("merge_mode", parse_merge_mode, "review-then-land, review-and-merge");
    out.staged = in.flag("staged");
    const json* beads = fields(body).find(beads_key);
    if (beads == nullptr || !beads->is_array() || beads->empty() ||
        beads->size() > town::convoy_beads_max) {
        in.add(beads_key,
               "Expected an array of 1 to " + std::to_string(town::convoy_beads_max) + " beads");
        return out;
    }
    for (std::size_t i = 0; i < beads->size(); ++i)
        out.beads.push_back(read_bead(in, (*beads)[i], i, beads_key));
    if (in.sound()) check_order(in, out.beads, beads_key);
    return out;
}

}  // namespace townd::api
