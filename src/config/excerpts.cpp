#include "config/excerpts.hpp"

#include <algorithm>

#include "config/config.hpp"
#include "config/unknown_keys.hpp"
#include "townd/words/error.hpp"

namespace townd::config {
namespace {

bool is_word(char c) noexcept {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-';
}

// Some word is the name of a secret, whatever follows.
bool names_secret(std::string_view line) {
    std::string word;
    for (std::size_t i = 0; i <= line.size(); ++i) {
        if (i < line.size() && is_word(line[i])) {
            const char c = line[i];
            word += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c == '-' ? '_' : c;
            continue;
        }
        if (is_inline_secret(word)) return true;
        word.clear();
    }
    return false;
}

// `http://user:password@host`.
bool has_credentials(std::string_view line) {
    const std::size_t at = line.find("//");
    return at != std::string_view::npos && line.find('@', at) != std::string_view::npos;
}

}  // namespace

std::vector<std::string> lines_to_show(std::string_view text) {
    std::vector<std::string> out;
    while (true) {
        const std::size_t end = text.find('\n');
        std::string_view line = text.substr(0, end);
        if (line.ends_with('\r')) line.remove_suffix(1);
        const bool shown =
            line.size() <= source_line_bytes_max && !names_secret(line) && !has_credentials(line);
        out.push_back(shown ? clean_text(line, source_line_bytes_max) : std::string{});
        if (end == std::string_view::npos) return out;
        text.remove_prefix(end + 1);
    }
}

std::string problem::text() const {
    std::string out = file;
    if (line > 0) out += ":" + std::to_string(line) + ":" + std::to_string(column);
    out += warning ? ": warning: " : ": error: ";
    if (!key.empty()) out += key + ": ";
    return out + what;
}

std::string problem::excerpt() const {
    if (source.empty() || line <= 0 || column <= 0) return {};
    const std::string number = std::to_string(line);
    const std::string margin(std::max<std::size_t>(number.size(), 5), ' ');
    const auto caret = std::min(static_cast<std::size_t>(column) - 1, source.size());
    return margin.substr(number.size()) + number + " | " + source + "\n" + margin + " | " +
           std::string(caret, ' ') + "^\n";
}

}  // namespace townd::config
