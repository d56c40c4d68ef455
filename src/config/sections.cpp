#include "config/sections.hpp"

#include "config/option_table.hpp"

namespace townd::config {

std::vector<opened_section> section_walk::enter(std::string_view key) {
    std::vector<std::string_view> path = parts_of(key);
    name_ = path.back();
    path.pop_back();
    std::size_t same = 0;
    while (same < open_.size() && same < path.size() && open_[same] == path[same])
        ++same;
    closed_ = open_.size() - same;
    std::vector<opened_section> out;
    std::string above;
    for (std::size_t depth = 0; depth < path.size(); ++depth) {
        above += (above.empty() ? "" : ".") + std::string{path[depth]};
        if (depth >= same) out.push_back({path[depth], above, std::string(2 * depth, ' ')});
    }
    open_ = std::move(path);
    return out;
}

}  // namespace townd::config
