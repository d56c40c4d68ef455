#include <array>
#include <fstream>

#include "config/layers.hpp"
#include "config/sources.hpp"

namespace townd::config {
namespace {

void add_file(layers& into, const std::filesystem::path& file) {
    std::error_code error;
    const auto status = std::filesystem::status(file, error);
    if (error)
        return into.refuse(file.native(), "cannot be read: " + error.message() +
                                              " (check the name and its permissions)");
    if (std::filesystem::is_directory(status))
        return into.refuse(file.native(), "is a directory (name the file in it)");
    std::ifstream in{file, std::ios::binary};
    if (!in) return into.refuse(file.native(), "cannot be opened (check its permissions)");
    std::string text;
    std::array<char, 65536> part{};
    while (text.size() <= yaml_bytes_max && in) {
        in.read(part.data(), part.size());
        text.append(part.data(), static_cast<std::size_t>(in.gcount()));
    }
    if (in.bad()) return into.refuse(file.native(), "cannot be read to its end (check the disk)");
    into.add_text(text, file.native());
}

}  // namespace

loaded load_node(const yaml_node& keys, std::string_view file_name) {
    loaded out;
    out.values = defaults();
    yaml_tree tree;
    tree.root = keys;
    layers all{out};
    all.add_tree(tree, file_name);
    all.finish();
    return out;
}

loaded load_text(std::string_view yaml, std::string_view file_name) {
    loaded out;
    out.values = defaults();
    layers all{out};
    all.add_text(yaml, file_name);
    all.finish();
    return out;
}

loaded load_file(const std::filesystem::path& file) {
    loaded out;
    out.values = defaults();
    layers all{out};
    add_file(all, file);
    all.finish();
    return out;
}

loaded load(const sources& from) {
    loaded out;
    out.values = defaults();
    layers all{out};
    for (const auto& file : find_files(from.files)) {
        if (!file.problem.empty()) {
            all.refuse(file.path.native(), file.problem);
        } else {
            add_file(all, file.path);
        }
    }
    for (const auto& each : from.variables)
        all.add_value("env:" + each.name, each);
    for (const auto& each : from.flags)
        all.add_value(each.name, each);
    all.finish();
    return out;
}

}  // namespace townd::config
