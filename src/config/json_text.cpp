#include "config/json_text.hpp"

#include "config/yaml_tree.hpp"
#include "townd/words/error.hpp"

namespace townd::config {

std::string json_text(std::string_view text) {
    std::string out = "\"";
    // Control characters become blanks there.
    for (const char c : clean_text(text, 64 * 1024)) {
        if (c == '"' || c == '\\') out += '\\';
        out += c;
    }
    return out + "\"";
}

std::string json_value(std::string_view yaml) {
    if (yaml == "null" || yaml == "true" || yaml == "false") return std::string{yaml};
    const std::string_view digits = yaml.substr(yaml.starts_with('-') ? 1 : 0);
    if (!digits.empty() && digits.find_first_not_of("0123456789.") == std::string_view::npos &&
        digits.find('.') == digits.rfind('.') && digits.front() != '.' && digits.back() != '.')
        return std::string{yaml};
    if (!yaml.starts_with('"')) return json_text(yaml);
    const yaml_tree tree = read_yaml(yaml, "");
    return json_text(tree.root.text);
}

}  // namespace townd::config
