#include "app/config_commands.hpp"

#include <cstdio>

#include "app/config_environment.hpp"
#include "app/exit_codes.hpp"
#include "config/sources.hpp"
#include "json/json.hpp"

namespace townd::app {
namespace {

json problem_json(const config::problem& each) {
    json out;
    out["file"] = each.file;
    out["line"] = each.line;
    out["column"] = each.column;
    out["severity"] = each.warning ? "warning" : "error";
    out["key"] = each.key;
    out["message"] = each.what;
    out["source"] = each.source;
    return out;
}

void print_json_report(const config::loaded& loaded) {
    json out;
    out["ok"] = loaded.problems.empty();
    out["problems"] = json::array();
    for (const auto* list : {&loaded.problems, &loaded.warnings})
        for (const auto& each : *list)
            out["problems"].push_back(problem_json(each));
    std::printf("%s\n", dump_json(out, 2).c_str());
}

std::string assignment_check(const std::string& text) {
    const bool good = text.find('=') != std::string::npos && text.front() != '=';
    return good ? "" : "is not key=value (write for example dispatch.max_in_flight=20)";
}

}  // namespace

void print_problems(const std::vector<config::problem>& problems) {
    for (const auto& each : problems)
        std::fprintf(stderr, "%s\n%s", each.text().c_str(), each.excerpt().c_str());
}

config_commands::config_commands(CLI::App& app) : app_(app) {
    app.add_option("--config", files_,
                   "file or directory, repeatable; without one /etc/townd/townd.yaml, if it exists")
        ->allow_extra_args(false);
    app.add_option("--set", sets_, "KEY=VALUE over files and environment, repeatable")
        ->allow_extra_args(false)
        ->check(CLI::Validator(assignment_check, "KEY=VALUE"));
    app.add_option("--log-level", log_level_, "the same as --set log.level=");
    app.add_flag("--check-config", check_only_, "check the configuration and end: exit 0 or 78");
}

void config_commands::add_subcommands() {
    check_ = app_.add_subcommand("check-config", "check the configuration: exit 0 or 78");
    check_->add_option("path", checked_, "files and directories, as with --config");
    check_->add_flag("--environment", how_check_.environment,
                     "also what the machine must have: files, permissions, ports, names");
    const auto format = [](CLI::App& of, bool& as_json, const char* other) {
        of.add_option_function<std::string>(
              "--format", [&as_json](const std::string& text) { as_json = text == "json"; },
              std::string{other} + " (the default) or json")
            ->check(CLI::IsMember({std::string{other}, std::string{"json"}}));
    };
    format(*check_, how_check_.as_json, "text");
    print_ = app_.add_subcommand("print-config", "every effective value");
    print_->add_option("path", printed_, "files and directories, as with --config");
    print_->add_flag("--defaults", how_print_.only_defaults,
                     "the defaults, with what they are for");
    print_->add_flag("--origin", how_print_.origins, "where each is from, and what it replaced");
    format(*print_, how_print_.as_json, "yaml");
    table_ = app_.add_subcommand("config", "what is made from the table of options");
    table_->add_option("what", from_table_, "schema, sample or reference")
        ->required()
        ->check(CLI::IsMember({"schema", "sample", "reference"}));
    manual_ = app_.add_subcommand("man", "a manual page, as roff");
    manual_->add_option("page", page_, "townd or townd.yaml")
        ->check(CLI::IsMember({"townd", "townd.yaml"}));
}

config::sources config_commands::sources() const {
    config::sources out;
    out.files = files_;
    for (const auto* more : {&checked_, &printed_})
        out.files.insert(out.files.end(), more->begin(), more->end());
    std::error_code ignored;
    if (out.files.empty() && std::filesystem::exists(config::usual_file, ignored))
        out.files.emplace_back(config::usual_file);
    out.variables = config::variables();
    for (const auto& each : sets_)
        out.flags.push_back(config::flag("--set", each));
    if (!log_level_.empty()) out.flags.push_back({"--log-level", "log.level", log_level_});
    return out;
}

std::optional<int> config_commands::run() const {
    if (*check_) return check_config(sources(), how_check_);
    if (*print_) return print_config(sources(), how_print_);
    if (*table_) return print_from_table(from_table_);
    if (*manual_) return print_manual(page_);
    if (check_only_) return check_config(sources(), {});
    return std::nullopt;
}

int check_config(const config::sources& from, const check_options& how) {
    auto loaded = config::load(from);
    if (how.environment && loaded.problems.empty()) check_environment(loaded);
    const bool good = loaded.problems.empty();
    if (how.as_json) {
        print_json_report(loaded);
    } else {
        print_problems(loaded.problems);
        print_problems(loaded.warnings);
        for (const auto& file : config::find_files(from.files))
            if (good) std::printf("%s: ok\n", file.path.c_str());
        if (good && from.files.empty()) std::printf("no file: ok\n");
    }
    return good ? exit_ok : exit_config;
}

int print_config(const config::sources& from, const print_options& how) {
    if (how.only_defaults) {
        const auto values = config::defaults();
        const auto text = how.as_json ? config::print_json(values, how.origins) : config::sample();
        std::fputs(text.c_str(), stdout);
        return exit_ok;
    }
    const auto loaded = config::load(from);
    print_problems(loaded.problems);
    if (!loaded.problems.empty()) return exit_config;
    const auto text = how.as_json ? config::print_json(loaded.values, how.origins)
                                  : config::print(loaded.values, how.origins);
    std::fputs(text.c_str(), stdout);
    return exit_ok;
}

int print_from_table(const std::string& what) {
    const auto text = what == "schema"   ? config::json_schema()
                      : what == "sample" ? config::sample()
                                         : config::reference();
    std::fputs(text.c_str(), stdout);
    return exit_ok;
}

}  // namespace townd::app
