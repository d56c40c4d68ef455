#include "process/townctl_run.hpp"

namespace townd::test {

townctl_run::townctl_run(std::map<std::string, std::string> environment)
    : environment_(std::move(environment)) {}

std::unique_ptr<child> townctl_run::begin(const std::vector<std::string>& arguments) {
    const auto cwd = dir_.path() / std::to_string(++runs_);
    std::filesystem::create_directory(cwd);
    std::vector<std::string> all{"ctl"};
    all.insert(all.end(), arguments.begin(), arguments.end());
    return std::make_unique<child>(child::plan{std::move(all), cwd, environment_});
}

townctl_outcome townctl_run::operator()(const std::vector<std::string>& arguments) {
    const auto run = begin(arguments);
    const auto code = run->wait();
    return {code.value_or(-1), run->out(), run->err()};
}

}  // namespace townd::test
