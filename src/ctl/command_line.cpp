#include "ctl/command_line.hpp"

#include <array>

#include "ctl/near.hpp"

namespace townd::ctl {
namespace {

// Examples come first: they are what people read.
class examples_first final : public CLI::Formatter {
public:
    std::string make_help(const CLI::App* app, std::string name,
                          CLI::AppFormatMode mode) const override {
        if (mode == CLI::AppFormatMode::Sub) return make_expanded(app);
        std::string out;
        if (!app->get_footer().empty()) out += "Examples:\n" + app->get_footer() + "\n\n";
        out += make_description(app) + make_usage(app, name) + make_positionals(app) +
               make_groups(app, mode) + make_subcommands(app, mode);
        if (app->get_parent() != nullptr)
            out += "\ntownctl --help lists the options that every command takes.\n";
        return out;
    }
};

constexpr std::array<std::pair<const char*, form>, 6> forms{{{"table", form::table},
                                                             {"wide", form::wide},
                                                             {"json", form::json},
                                                             {"jsonl", form::jsonl},
                                                             {"yaml", form::yaml},
                                                             {"name", form::name}}};

// Words of options in the app and above, each with its dashes.
std::vector<std::string> option_names(const CLI::App* app) {
    std::vector<std::string> out;
    for (; app != nullptr; app = app->get_parent())
        for (const auto* each : app->get_options()) {
            for (const auto& name : each->get_lnames())
                out.push_back("--" + name);
            for (const auto& name : each->get_snames())
                out.push_back("-" + name);
        }
    return out;
}

std::vector<std::string> command_names(const CLI::App* app) {
    std::vector<std::string> out;
    for (const auto* each :
         app->get_subcommands([](const CLI::App* sub) { return !sub->get_group().empty(); }))
        out.push_back(each->get_name());
    return out;
}

const CLI::App* command_of(const CLI::App* app, const std::string& word) {
    const auto found =
        app->get_subcommands([&](const CLI::App* sub) { return sub->get_name() == word; });
    return found.empty() ? nullptr : found.front();
}

const CLI::Option* option_of(const CLI::App* app, const std::string& word) {
    for (; app != nullptr; app = app->get_parent())
        if (const auto* found = app->get_option_no_throw(word)) return found;
    return nullptr;
}

}  // namespace

command_line::command_line(std::string version)
    : app_{"townctl asks a running townd and gives it orders."}, version_(std::move(version)) {
    app_.name("townctl");
    app_.formatter(std::make_shared<examples_first>());
    app_.get_formatter()->column_width(32);
    app_.footer(
        "  townctl status\n"
        "  townctl towns --state blocked,degraded\n"
        "  townctl explain TOWN BEAD\n"
        "  townctl pause TOWN --for 1h --reason 'the host is being moved'\n"
        "  townctl events -f");
    app_.set_version_flag("--version", "townctl " + version_);
    app_.fallthrough();
    app_.require_subcommand(1);
    add_common();
    add_reads(*this);
    add_orders(*this);
    add_bead_commands(*this);
    add_upkeep(*this);
    add_generators(*this);
}

void command_line::add_common() {
    app_.add_option("--socket", given_.at.socket, "the daemon's ctl.socket ($TOWND_SOCKET)")
        ->type_name("FILE");
    app_.add_option("--addr", given_.at.address, "its debug.listen instead ($TOWND_ADDR)")
        ->type_name("HOST:PORT");
    app_.add_option("--token-file", given_.at.token_file,
                    "token for orders over --addr ($TOWND_TOKEN_FILE)")
        ->type_name("FILE");
    app_.add_option("-o,--output", form_, "how it is printed")
        ->check(CLI::IsMember({"table", "wide", "json", "jsonl", "yaml", "name"}));
    app_.add_flag("--json", as_json_, "the daemon's answer as it is: -o json");
    app_.add_option("--fields", given_.out.fields, "only these, as in town,beads.open")
        ->delimiter(',')
        ->type_name("FIELD,...");
    app_.add_flag("--no-headers", no_headers_, "tables without their first line");
    app_.add_option("--color", given_.out.colour, "colours (auto: on a terminal)")
        ->check(CLI::IsMember({"auto", "always", "never"}));
}

CLI::App& command_line::add(CLI::App& below, const std::string& name, const std::string& help,
                            const std::string& examples, action act) {
    auto* made = below.add_subcommand(name, help);
    made->fallthrough();
    made->footer(examples);
    if (act)
        actions_.emplace_back(made, std::move(act));
    else
        made->require_subcommand(1);
    return *made;
}

void command_line::settle() {
    for (const auto& [name, as] : forms)
        if (form_ == name) given_.out.as = as;
    if (as_json_) given_.out.as = form::json;
    given_.out.headers = !no_headers_;
}

const command_line::action* command_line::chosen() const {
    const action* found = nullptr;
    // A command's own parts come behind it, and are what was meant.
    for (const auto& [app, act] : actions_)
        if (app->parsed()) found = &act;
    return found;
}

std::string command_line::objection(const std::vector<std::string>& words,
                                    const std::string& why) const {
    const CLI::App* at = &app_;
    for (std::size_t i = 0; i < words.size(); ++i) {
        const std::string& word = words[i];
        if (word == "--") break;
        if (word.starts_with("-") && word.size() > 1) {
            const auto name = word.substr(0, word.find('='));
            const auto* known = option_of(at, name);
            if (known == nullptr && name.starts_with("--"))
                return "unknown option '" + clean_text(name, 100) + "'" +
                       did_you_mean(name, option_names(at));
            const bool apart = known != nullptr && name == word && known->get_expected_min() > 0;
            if (apart) ++i;
            continue;
        }
        if (const auto* sub = command_of(at, word)) {
            at = sub;
            continue;
        }
        const auto commands = command_names(at);
        if (commands.empty() || at->get_require_subcommand_min() == 0) continue;
        return "unknown command '" + clean_text(word, 100) + "'" + did_you_mean(word, commands);
    }
    if (at->get_require_subcommand_min() > 0) {
        std::string known;
        for (const auto& each : command_names(at))
            known += (known.empty() ? "" : ", ") + each;
        return "say what: " + known;
    }
    return why;
}

}  // namespace townd::ctl
