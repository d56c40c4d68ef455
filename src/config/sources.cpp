#include "config/sources.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>

#include "config/unknown_keys.hpp"

namespace townd::config {
namespace {

namespace fs = std::filesystem;

// `*.yaml` of a directory in name order; names that begin with a dot are editors' own.
std::vector<fs::path> yaml_files(const fs::path& directory, std::error_code& error) {
    std::vector<fs::path> out;
    fs::directory_iterator entry{directory, error};
    for (const fs::directory_iterator end; !error && entry != end; entry.increment(error)) {
        const fs::path& path = entry->path();
        if (path.extension() == ".yaml" && !path.filename().native().starts_with('.'))
            out.push_back(path);
    }
    std::sort(out.begin(), out.end());
    return out;
}

class finder {
public:
    void add(const fs::path& name) {
        std::error_code ignored;
        if (fs::is_directory(name, ignored)) return add_directory(name);
        put(name, {});
        add_fragments(name.parent_path() / "conf.d");
    }
    std::vector<found_file> take() { return std::move(files_); }

private:
    void add_directory(const fs::path& name) {
        std::error_code ignored;
        const bool main = fs::exists(name / "townd.yaml", ignored);
        const bool fragments = fs::is_directory(name / "conf.d", ignored);
        if (main) put(name / "townd.yaml", {});
        if (fragments) add_fragments(name / "conf.d");
        if (main || fragments) return;
        std::error_code error;
        const auto files = yaml_files(name, error);
        if (error)
            return put(name, "cannot be read: " + error.message() + " (check its permissions)");
        if (files.empty())
            return put(name, "holds no townd.yaml, no conf.d and no other *.yaml (name a file)");
        for (const auto& each : files)
            put(each, {});
    }
    void add_fragments(const fs::path& directory) {
        std::error_code error;
        if (!fs::is_directory(directory, error)) return;
        const auto files = yaml_files(directory, error);
        if (error)
            put(directory, "cannot be read: " + error.message() + " (check its permissions)");
        for (const auto& each : files)
            put(each, {});
    }
    void put(const fs::path& path, std::string problem) {
        const auto same = [&](const found_file& each) { return each.path == path; };
        if (files_.size() > files_max || std::any_of(files_.begin(), files_.end(), same)) return;
        if (files_.size() == files_max)
            problem =
                "is one file too many (join some: " + std::to_string(files_max) + " are read)";
        files_.push_back({path, std::move(problem)});
    }

    std::vector<found_file> files_;
};

// Of townctl and of the tests, which hand on their environment.
constexpr std::array<std::string_view, 11> others{
    "TOWND_ADDR",    "TOWND_SOCKET", "TOWND_TOKEN",     "TOWND_TOKEN_FILE",
    "TOWND_TOWN",    "TOWND_OUTPUT", "TOWND_COLOR",     "TOWND_CONTEXT",
    "TOWND_TIMEOUT", "TOWND_BINARY", "TOWND_SOURCE_DIR"};

}  // namespace

std::vector<found_file> find_files(const std::vector<fs::path>& names) {
    finder all;
    for (const auto& each : names)
        all.add(each);
    return all.take();
}

std::vector<sources::assignment> variables() {
    std::vector<sources::assignment> out;
    for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
        const std::string_view text = *entry;
        const std::size_t equals = text.find('=');
        const std::string_view name = text.substr(0, equals);
        if (!name.starts_with("TOWND_") || equals == std::string_view::npos) continue;
        if (std::find(others.begin(), others.end(), name) != others.end()) continue;
        out.push_back(
            {std::string{name}, key_of_variable(name), std::string{text.substr(equals + 1)}});
    }
    std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
    return out;
}

sources::assignment flag(std::string name, std::string_view text) {
    const std::size_t equals = text.find('=');
    if (equals == std::string_view::npos) return {std::move(name), std::string{text}, ""};
    return {std::move(name), std::string{text.substr(0, equals)},
            std::string{text.substr(equals + 1)}};
}

}  // namespace townd::config
