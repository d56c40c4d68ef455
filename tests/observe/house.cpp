#include "observe/house.hpp"

#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <regex>

#include "process/daemon_process.hpp"

namespace townd::test {

namespace fs = std::filesystem;

const fs::path& house() {
    static const fs::path root{TOWND_SOURCE_DIR};
    return root;
}

std::string text_of(const std::string& name) {
    return read_file(house() / name);
}

std::set<std::string> pages_in(const std::string& folder) {
    std::set<std::string> out;
    for (const auto& each : fs::directory_iterator(house() / folder))
        if (each.path().extension() == ".md" && each.path().stem() != "README")
            out.insert(each.path().stem().string());
    return out;
}

std::vector<std::string> all_matches(const std::string& text, const std::string& pattern) {
    const std::regex wanted{pattern};
    std::vector<std::string> out;
    for (std::sregex_iterator at{text.begin(), text.end(), wanted}, end; at != end; ++at)
        out.push_back((*at)[1]);
    return out;
}

tool_result promtool(const std::string& arguments, const fs::path& input) {
    const std::string from = input.empty() ? "/dev/null" : "'" + input.string() + "'";
    const std::string command = "promtool " + arguments + " <" + from + " 2>&1";
    tool_result out;
    std::FILE* const pipe = ::popen(command.c_str(), "r");
    if (pipe == nullptr) return out;
    std::array<char, 4096> buffer{};
    while (const std::size_t n = std::fread(buffer.data(), 1, buffer.size(), pipe))
        out.output.append(buffer.data(), n);
    const int status = ::pclose(pipe);
    out.code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    if (out.code == 127) out.output += "(promtool is in the Debian package prometheus)";
    return out;
}

}  // namespace townd::test
