// Walks the tree of CLI11's apps. What is in no group is hidden, and not shown.

#include "ctl/tree.hpp"

#include "ctl/command_line.hpp"

namespace townd::ctl {
namespace {

// `TEXT:{a,b}` holds what IsMember takes.
std::vector<std::string> choices_in(const std::string& type) {
    std::vector<std::string> out;
    const auto open = type.find('{');
    const auto close = type.find('}', open);
    if (open == std::string::npos || close == std::string::npos) return out;
    for (std::size_t from = open + 1; from < close;) {
        const auto end = std::min(type.find(',', from), close);
        out.push_back(type.substr(from, end - from));
        from = end + 1;
    }
    return out;
}

std::string value_of(const CLI::Option& option) {
    if (option.get_expected_max() == 0) return {};
    const std::string type = option.get_type_name();
    const auto end = type.find(':');
    // A colon may be part of the name that was given, as in HOST:PORT.
    const bool checked = end != std::string::npos && type.find('{') != std::string::npos;
    const bool ranged = type.find(" in [") != std::string::npos;
    if (checked || ranged) return type.substr(0, end);
    return type.empty() ? "TEXT" : type;
}

void add_option(command_node& to, const CLI::Option& option) {
    if (option.get_group().empty()) return;
    const auto choices = choices_in(option.get_type_name());
    if (option.get_positional()) {
        const bool needed = option.get_required();
        to.positionals.push_back(
            {option.get_name(true, false), option.get_description(), needed, choices});
    }
    option_node out{{}, option.get_description(), value_of(option), choices};
    for (const auto& name : option.get_snames())
        out.names.push_back("-" + name);
    for (const auto& name : option.get_lnames())
        out.names.push_back("--" + name);
    if (!out.names.empty()) to.options.push_back(std::move(out));
}

}  // namespace

command_node tree_of(const CLI::App& app) {
    command_node out;
    out.name = app.get_name();
    out.help = app.get_description();
    out.examples = app.get_footer();
    for (const auto* option : app.get_options())
        add_option(out, *option);
    for (const auto* sub : app.get_subcommands([](const CLI::App*) { return true; }))
        if (!sub->get_group().empty()) out.commands.push_back(tree_of(*sub));
    return out;
}

bool takes_town(const std::string& name) {
    return name == "TOWN" || name == "--town";
}

bool takes_file(const std::string& name) {
    return name.find("FILE") != std::string::npos;
}

}  // namespace townd::ctl
