// A scenario file as values.

#include <algorithm>
#include <cmath>

#include "config/text_checks.hpp"
#include "scenario/figures.hpp"
#include "scenario/overrides.hpp"
#include "scenario/scenario.hpp"

namespace townd::scenario {
namespace {

using config::yaml_node;
using std::chrono::hours;

constexpr int towns_max = 100'000;
constexpr std::size_t items_max = 200;  // Of a list.

struct town_range {
    int first = 0;
    int count = 0;
};

// `151`, `60%`, `10..20`: towns are counted from 1.
std::optional<town_range> range_of(std::string_view text, int towns) {
    if (text.ends_with('%')) {
        const auto share = number_of(text.substr(0, text.size() - 1));
        if (!share || *share < 0.0 || *share > 100.0) return std::nullopt;
        return town_range{0, static_cast<int>(std::lround(*share / 100.0 * towns))};
    }
    const auto dots = text.find("..");
    const auto first = number_of(text.substr(0, dots));
    if (!first || *first != std::floor(*first) || *first < 0 || *first > towns) return std::nullopt;
    if (dots == std::string_view::npos) return town_range{0, static_cast<int>(*first)};
    const auto last = number_of(text.substr(dots + 2));
    if (!last || *last != std::floor(*last) || *first < 1 || *last < *first || *last > towns)
        return std::nullopt;
    return town_range{static_cast<int>(*first) - 1, static_cast<int>(*last - *first) + 1};
}

class reader {
public:
    reader(loaded& out, problem_list& problems) : out_(out.value), problems_(problems) {}

    void read(const yaml_node& root) {
        fields top{root, "", problems_};
        top.read_text("name", out_.name);
        top.read_text("about", out_.about);
        read_seed(top);
        if (top.find("towns") == nullptr && root.kind == yaml_node::kinds::map)
            problems_.add(0, 0, "towns", "is missing (write how many towns there are)");
        top.read_whole("towns", out_.towns, 1, towns_max);
        top.read_whole("rigs", out_.rigs, 1, 100);
        if (top.find("for") == nullptr && root.kind == yaml_node::kinds::map)
            problems_.add(0, 0, "for", "is missing (write how long it goes on, as in 7h)");
        top.read_span("for", out_.length, duration{60'000}, hours{24 * 14});
        if (const auto word = top.read_word("containers", {"contract", "naive"}))
            out_.containers = static_cast<sim::container_model>(*word);
        top.read_switch("check_invariants", out_.check_invariants);
        top.read_switch("compare_without_faults", out_.compare_without_faults);
        if (const auto* const node = top.find("work")) read_work(*node);
        if (out_.work.arrive_until == duration{0}) out_.work.arrive_until = out_.length;
        if (const auto* const node = top.find("groups"))
            each_item(*node, "groups", [this](const yaml_node& item, std::string path) {
                read_group(item, std::move(path));
            });
        if (const auto* const node = top.find("faults"))
            each_item(*node, "faults", [this](const yaml_node& item, std::string path) {
                read_fault(item, std::move(path));
            });
        read_restarts(top);
        if (const auto* const node = top.find("changes"))
            each_item(*node, "changes", [this](const yaml_node& item, std::string path) {
                read_change(item, std::move(path));
            });
        if (const auto* const node = top.find("policy")) read_policy(*node);
        if (const auto* const node = top.find("must")) read_must(*node);
        top.refuse_others();
    }

private:
    void read_seed(fields& top) {
        double seed = 1;
        top.read_number("seed", seed, 0, 9'007'199'254'740'992.0);
        out_.seed = static_cast<std::uint64_t>(seed);
    }

    void each_item(const yaml_node& list, const std::string& path, auto&& read) {
        if (list.kind == yaml_node::kinds::null) return;
        if (list.kind != yaml_node::kinds::list)
            return problems_.add(list, path, "is no list (write items that begin with `- `)");
        if (list.items.size() > items_max)
            return problems_.add(list, path, "is longer than 200 items (write fewer)");
        for (std::size_t i = 0; i < list.items.size(); ++i)
            read(list.items[i], path + "." + std::to_string(i + 1));
    }

    static void read_work_keys(fields& from, sim::work_options& work, duration length) {
        from.read_whole("beads_at_start", work.beads_at_start, 0, 10'000);
        duration every{0};
        from.read_span("one_more_every", every, duration{1'000}, hours{24});
        if (every > duration{0}) work.beads_per_hour = to_seconds(hours{1}) / to_seconds(every);
        from.read_span("arrive_until", work.arrive_until, duration{1}, hours{24 * 14});
        from.read_range("work_time", work.work_min, work.work_max, duration{100});
        from.read_range("review_time", work.review_min, work.review_max, duration{100});
        from.read_range("answer_time", work.answer_min, work.answer_max, duration{1});
        from.read_span("heartbeat_every", work.heartbeat_every, duration{1'000}, hours{1});
        from.read_whole("mayor_messages", work.mayor_messages, 0, 1'000);
        if (work.arrive_until == duration{0}) work.arrive_until = length;
    }

    void read_work(const yaml_node& node) {
        fields from{node, "work", problems_};
        read_work_keys(from, out_.work, out_.length);
        from.refuse_others();
    }

    void read_towns(fields& from, int& first, int& count) {
        count = out_.towns;
        const auto* const node = from.find("towns");
        if (node == nullptr) return;
        const auto range = range_of(node->text, out_.towns);
        if (!range || node->kind != yaml_node::kinds::scalar)
            return from.wrong(*node, "towns",
                              "names no towns of the " + std::to_string(out_.towns) +
                                  " (write how many, as in 151, a share, as in 60%, or the first "
                                  "and the last, as in 10..20)");
        first = range->first;
        count = range->count;
    }

    void read_group(const yaml_node& node, std::string path) {
        sim::work_group group;
        group.work = out_.work;
        fields from{node, std::move(path), problems_};
        read_towns(from, group.first_town, group.towns);
        read_work_keys(from, group.work, out_.length);
        from.refuse_others();
        out_.groups.push_back(group);
    }

    void read_fault(const yaml_node& node, std::string path) {
        trouble out;
        const std::string path_here = path;
        fields from{node, std::move(path), problems_};
        std::vector<std::string_view> names;
        for (int i = 0; i < sim::fault_count; ++i)
            names.push_back(sim::to_text(static_cast<sim::fault>(i)));
        if (from.find("what") == nullptr && node.kind == yaml_node::kinds::map)
            from.wrong(node, "what", "is missing (write a fault, as in http_500)");
        const auto what = from.read_word("what", names);
        if (what) out.what = static_cast<sim::fault>(*what);
        out.name = sim::to_text(out.what);
        from.read_text("name", out.name);
        const bool often = out.what >= sim::fault::crash;
        const double most = often ? 100'000.0 : 1.0;
        from.read_number("strength", out.strength, 0.0, most);
        out.until = out_.length;
        from.read_span("from", out.from, duration{0}, hours{24 * 14});
        from.read_span("until", out.until, duration{1}, hours{24 * 14});
        if (out.until <= out.from)
            if (const auto* const at = from.find("until"))
                from.wrong(*at, "until", "is not after `from` (write a later time)");
        read_towns(from, out.first_town, out.towns);
        read_roles(from, out.roles);
        read_scope(from, out);
        read_words(from, out);
        read_repairs(from, out, path_here);
        from.refuse_others();
        if (what && out.until > out.from) out_.faults.push_back(std::move(out));
    }

    // `{at: 30m, share: 50%}`, ascending.
    void read_repairs(fields& from, trouble& out, const std::string& path) {
        const auto* const node = from.find("repairs");
        if (node == nullptr) return;
        each_item(*node, path + ".repairs", [&](const yaml_node& item, std::string at) {
            fields step{item, std::move(at), problems_};
            sim::repair_step next{out.until, 0.0};
            step.read_span("at", next.at, duration{1}, hours{24 * 14});
            read_share(step, "share", next.share);
            step.refuse_others();
            const auto* const before = out.repairs.empty() ? nullptr : &out.repairs.back();
            if (next.at <= out.from || next.at >= out.until ||
                (before != nullptr && (next.at <= before->at || next.share <= before->share)))
                step.wrong(item, "at",
                           "is no step between `from` and `until` (write ascending times, each "
                           "with the share that is well from then on)");
            out.repairs.push_back(next);
        });
    }

    // `50%`.
    static void read_share(fields& from, std::string_view key, double& into) {
        const auto* const node = from.find(key);
        if (node == nullptr) return;
        const std::string_view text = node->text;
        const auto share =
            text.ends_with('%') ? number_of(text.substr(0, text.size() - 1)) : std::nullopt;
        if (!share || *share < 0.0 || *share > 100.0)
            return from.wrong(*node, key, "is no share (write for example 50%)");
        into = *share / 100.0;
    }

    void read_scope(fields& from, trouble& out) {
        from.read_whole("every", out.every, 1, towns_max);
        from.read_whole("offset", out.offset, 0, out.every - 1);
        if (const auto* const node = from.find("rigs")) {
            const auto range = range_of(node->text, out_.rigs);
            if (!range || node->text.ends_with('%'))
                return from.wrong(*node, "rigs",
                                  "names no rigs of the " + std::to_string(out_.rigs) +
                                      " (write how many, as in 1, or the first and the last, as "
                                      "in 1..2)");
            out.first_rig = range->first;
            out.rigs = range->count;
        }
        if (const auto* const node = from.find("agents")) {
            const std::vector<yaml_node> one{*node};
            for (const auto& item : node->kind == yaml_node::kinds::list ? node->items : one)
                out.agents.push_back(item.text);
        }
    }

    void read_words(fields& from, trouble& out) {
        if (const auto word = from.read_word("whose", {"platform", "bead"}))
            out.whose = *word == 0 ? sim::culprit::platform : sim::culprit::bead;
        from.read_text("says", out.says);
        from.read_whole("status", out.status, 400, 499);
        if (const auto* const node = from.find("texts")) {
            const std::vector<std::string_view> kinds{"same", "hosts", "town", "agent", "random"};
            const auto count = number_of(node->text);
            const auto found = std::find(kinds.begin(), kinds.end(), node->text);
            if (count && *count >= 1 && *count <= towns_max && *count == std::floor(*count)) {
                out.texts = sim::text_kind::hosts;
                out.text_count = static_cast<int>(*count);
            } else if (found != kinds.end()) {
                out.texts = static_cast<sim::text_kind>(found - kinds.begin());
            } else {
                from.wrong(*node, "texts",
                           "is neither a number of texts nor same, hosts, town, agent or random "
                           "(write one of them)");
            }
        }
        if (const auto* const node = from.find("retry_after"); node != nullptr) {
            duration wait{0};
            if (node->text != "none")
                from.read_span("retry_after", wait, duration{1'000}, hours{24});
            out.retry_after = wait;
        }
        from.read_range("after", out.lives_min, out.lives_max, duration{1});
    }

    void read_restarts(fields& top) {
        const auto* const node = top.find("restarts");
        if (node == nullptr) return;
        each_item(*node, "restarts", [&](const yaml_node& item, const std::string& path) {
            const auto at = config::parse_duration(item.text);
            if (!at.value) return problems_.add(item, path, at.problem);
            out_.restarts.push_back(*at.value);
        });
    }

    void read_change(const yaml_node& node, std::string path) {
        fields from{node, std::move(path), problems_};
        duration at{0};
        from.read_span("at", at, duration{1}, hours{24 * 14});
        const std::vector<std::string_view> kinds{"add_towns", "delete_towns", "add_rigs",
                                                  "delete_rigs", "delete_agents"};
        for (std::size_t i = 0; i < kinds.size(); ++i) {
            int count = 0;
            from.read_whole(kinds[i], count, 1, towns_max);
            if (count > 0)
                out_.changes.push_back({static_cast<sim::fleet_change::kind>(i), at, count});
        }
        from.refuse_others();
    }

    void read_roles(fields& from, std::vector<agent_role>& into) {
        const auto* const node = from.find("roles");
        if (node == nullptr) return;
        const std::vector<yaml_node> one{*node};
        for (const auto& item : node->kind == yaml_node::kinds::list ? node->items : one) {
            if (const auto role = parse_agent_role(item.text))
                into.push_back(*role);
            else
                from.wrong(item, "roles", not_one_of(item.text, {"polecat", "refinery", "mayor"}));
        }
    }

    void read_policy(const yaml_node& node) {
        if (node.kind == yaml_node::kinds::null) return;
        auto read = config::load_node(node, problems_.file);
        for (auto& p : read.problems) {
            p.key = p.key.empty() ? "policy" : "policy." + p.key;
            problems_.problems.push_back(std::move(p));
        }
        for (auto& w : read.warnings) {
            w.key = "policy." + w.key;
            problems_.warnings.push_back(std::move(w));
        }
        out_.policy = read.values.policy;
        for (auto& key : config::list(read.values))
            if (key.origin != "default") out_.policy_set.push_back(std::move(key));
    }

    void read_must(const yaml_node& node) {
        if (node.kind == yaml_node::kinds::null) return;
        if (node.kind != yaml_node::kinds::map)
            return problems_.add(node, "must",
                                 "holds no figures (write for example `first_hour_failed: "
                                 "{at_most: 300}`)");
        std::vector<std::string_view> names;
        for (const auto& each : figure_table())
            names.push_back(each.name);
        for (const auto& entry : node.entries) {
            const std::string path = "must." + entry.key;
            if (std::find(names.begin(), names.end(), entry.key) == names.end()) {
                const auto near = config::nearest(entry.key, names);
                problems_.add(entry.line, entry.column, path,
                              std::string{"unknown figure ("} +
                                  (near.empty() ? "`townd simulate --figures` lists them"
                                                : "did you mean " + std::string{near} + "?") +
                                  ")");
                continue;
            }
            read_bound(entry, path);
        }
    }

    void read_bound(const config::yaml_entry& entry, const std::string& path) {
        bound out;
        out.figure = entry.key;
        fields from{entry.value, path, problems_};
        double value = 0;
        constexpr double huge = 1e12;
        if (from.find("at_least") != nullptr) {
            from.read_number("at_least", value, -huge, huge);
            out.at_least = value;
        }
        if (from.find("at_most") != nullptr) {
            from.read_number("at_most", value, -huge, huge);
            out.at_most = value;
        }
        if (from.find("exactly") != nullptr) {
            from.read_number("exactly", value, -huge, huge);
            out.at_least = out.at_most = value;
        }
        from.refuse_others();
        if (entry.value.kind == yaml_node::kinds::map && !out.at_least && !out.at_most)
            problems_.add(entry.value, path, "bounds nothing (write at_most, at_least or exactly)");
        out_.must.push_back(std::move(out));
    }

    scenario& out_;
    problem_list& problems_;
};

}  // namespace

loaded read_text(std::string_view yaml, std::string_view file_name,
                 const std::vector<std::string>& sets) {
    loaded out;
    problem_list problems{std::string{file_name}, {}, {}};
    auto tree = config::read_yaml(yaml, file_name);
    problems.problems = std::move(tree.problems);
    if (tree.whole) {
        override_keys(tree.root, sets, problems);
        reader{out, problems}.read(tree.root);
    }
    name_overrides(problems.problems, sets);
    std::stable_sort(problems.problems.begin(), problems.problems.end(),
                     [](const auto& a, const auto& b) {
                         return std::pair{a.line, a.column} < std::pair{b.line, b.column};
                     });
    out.problems = std::move(problems.problems);
    out.warnings = std::move(problems.warnings);
    return out;
}

}  // namespace townd::scenario
