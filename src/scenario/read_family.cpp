// A family file as values.

#include <algorithm>
#include <cmath>

#include "config/text_checks.hpp"
#include "scenario/family.hpp"
#include "scenario/fields.hpp"

namespace townd::scenario {
namespace {

using config::yaml_node;

enum class unit { whole, share, span, word };

// `5`, `20%`, `30m`.
std::optional<double> quantity(std::string_view text, unit in) {
    if (in == unit::span) {
        const auto span = config::parse_duration(text);
        if (!span.value) return std::nullopt;
        return static_cast<double>(span.value->count());
    }
    const bool percent = text.ends_with('%');
    if (percent != (in == unit::share)) return std::nullopt;
    const auto value = number_of(percent ? text.substr(0, text.size() - 1) : text);
    if (!value || *value < 0.0) return std::nullopt;
    if (in == unit::whole && (*value != std::floor(*value) || *value > 100'000.0))
        return std::nullopt;
    if (percent && *value > 100.0) return std::nullopt;
    return percent ? *value / 100.0 : *value;
}

bool range_into(possibility& out, std::string_view text, unit in) {
    const auto dots = text.find("..");
    // `1..20%` is a range of shares, as is `1%..20%`.
    std::string first{text.substr(0, dots)};
    const auto last =
        dots == std::string_view::npos ? std::string_view{first} : text.substr(dots + 2);
    if (in == unit::share && !first.ends_with('%')) first += '%';
    const auto low = quantity(first, in);
    const auto high = dots == std::string_view::npos ? low : quantity(last, in);
    if (!low || !high || *high < *low) return false;
    out.min = *low;
    out.max = *high;
    return true;
}

class family_reader {
public:
    family_reader(family& out, problem_list& problems) : out_(out), problems_(problems) {}

    void read(const yaml_node& root) {
        fields top{root, "", problems_};
        top.read_text("about", out_.about);
        std::vector<std::string_view> faults;
        for (int i = 0; i < sim::fault_count; ++i)
            faults.push_back(sim::to_text(static_cast<sim::fault>(i)));
        list(top, "towns", out_.towns, unit::whole, {});
        list(top, "ill", out_.ill, unit::share, {});
        list(top, "causes", out_.causes, unit::whole, {});
        list(top, "overlap", out_.overlap, unit::word, {"split", "same", "any"});
        list(top, "faults", out_.faults, unit::word, faults);
        list(top, "whose", out_.whose, unit::word, {"platform", "bead"});
        list(top, "strength", out_.strength, unit::share, {});
        list(top, "bad_beads", out_.bad_beads, unit::share, {});
        list(top, "texts", out_.texts, unit::whole, {"same", "town", "agent", "random"});
        list(top, "roles", out_.roles, unit::word, {"all", "polecat", "refinery", "mayor"});
        list(top, "rigs", out_.rigs, unit::whole, {});
        list(top, "broken_rigs", out_.broken_rigs, unit::whole, {});
        list(top, "from", out_.from, unit::span, {});
        list(top, "lasts", out_.lasts, unit::span, {});
        list(top, "after", out_.after, unit::span, {});
        list(top, "repairs", out_.repairs, unit::whole, {});
        list(top, "restarts", out_.restarts, unit::whole, {});
        list(top, "changes", out_.changes, unit::word, {"none", "towns", "rigs", "agents"});
        list(top, "beads_at_start", out_.beads_at_start, unit::whole, {});
        list(top, "one_more_every", out_.one_more_every, unit::span, {});
        list(top, "work_time", out_.work_time, unit::span, {});
        list(top, "mayor_messages", out_.mayor_messages, unit::whole, {});
        top.refuse_others();
    }

private:
    // `{1..5: 3, 6..20: 1}`: what may be, and its weight.
    void list(fields& top, std::string_view key, possibilities& into, unit in,
              const std::vector<std::string_view>& words) {
        const auto* const node = top.find(key);
        if (node == nullptr)
            return problems_.add(0, 0, std::string{key},
                                 "is missing (write what may be, each with its weight)");
        if (node->kind != yaml_node::kinds::map || node->entries.empty())
            return top.wrong(*node, key, "is no map (write for example `{1: 3, 2..4: 1}`)");
        for (const auto& entry : node->entries) {
            possibility one;
            const auto weight = number_of(entry.value.text);
            const bool word = std::find(words.begin(), words.end(), entry.key) != words.end();
            if (word) one.word = entry.key;
            const bool known = word || (in != unit::word && range_into(one, entry.key, in));
            if (!known)
                top.wrong(entry.value, key,
                          "\"" + clean_text(entry.key, 60) + "\" is nothing that it may be");
            else if (!weight || *weight <= 0.0)
                top.wrong(entry.value, key, "has no weight above 0 (write a number)");
            one.weight = weight.value_or(0.0);
            into.push_back(std::move(one));
        }
    }

    family& out_;
    problem_list& problems_;
};

}  // namespace

loaded_family read_family(std::string_view yaml, std::string_view file_name) {
    loaded_family out;
    problem_list problems{std::string{file_name}, {}, {}};
    auto tree = config::read_yaml(yaml, file_name);
    problems.problems = std::move(tree.problems);
    if (tree.whole) family_reader{out.value, problems}.read(tree.root);
    out.problems = std::move(problems.problems);
    return out;
}

}  // namespace townd::scenario
