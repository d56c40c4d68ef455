#include <algorithm>

#include "ctl/reads.hpp"
#include "ctl/views.hpp"
#include "townd/words/exit_codes.hpp"

namespace townd::ctl {
namespace {

constexpr int page_limit_max = 1000;

}  // namespace

std::string target_of(const list_wanted& what) {
    std::string out = what.path;
    char sign = out.find('?') == std::string::npos ? '?' : '&';
    const auto add = [&](const std::string& name, const std::string& value) {
        if (value.empty()) return;
        out += sign + name + "=" + escaped(value);
        sign = '&';
    };
    for (const auto& [name, value] : what.parameters)
        add(name, value);
    if (what.limit > 0) add("limit", std::to_string(std::min(what.limit, page_limit_max)));
    return out;
}

outcome<answer> fetch(session& of, const list_wanted& what) {
    auto first = of.get(target_of(what));
    if (!first || what.limit <= page_limit_max) return first;
    answer all = *std::move(first);
    auto& items = all.value["items"];
    while (static_cast<int>(items.size()) < what.limit) {
        const auto next = text_at(member(all.value, "page"), "next_cursor");
        if (!next) break;
        list_wanted more = what;
        more.limit = what.limit - static_cast<int>(items.size());
        more.parameters.emplace_back("cursor", *next);
        auto page = of.get(target_of(more));
        if (!page) return page;
        for (auto& each : page->value["items"])
            items.push_back(std::move(each));
        all.value["page"] = page->value["page"];
    }
    all.text = dump_json(all.value);
    return all;
}

int list(session& of, const list_wanted& what, const view& as) {
    const auto got = fetch(of, what);
    return got ? show_list(of, *got, as) : of.fail(got.error());
}

int list_beads(session& of, const std::string& town, list_wanted what) {
    if (town.empty()) {
        what.path = "/debug/v1/beads";
        return list(of, what, waiting_beads_view);
    }
    const auto id = of.town(town);
    if (!id) return of.fail(id.error());
    what.path = "/debug/v1/towns/" + escaped(*id) + "/beads";
    return list(of, what, beads_view);
}

int list_attempts(session& of, const std::string& town, const std::string& bead, int limit) {
    const auto id = of.town(town);
    if (!id) return of.fail(id.error());
    return list(of, {"/debug/v1/towns/" + escaped(*id) + "/attempts", {{"bead", bead}}, limit},
                attempts_view);
}

}  // namespace townd::ctl
