#include "http/target.hpp"

#include <algorithm>

namespace townd::http {
namespace {

std::optional<unsigned> hex_value(char c) {
    if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
    if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a') + 10U;
    if (c >= 'A' && c <= 'F') return static_cast<unsigned>(c - 'A') + 10U;
    return std::nullopt;
}

// Calls `each` for what is between the separators.
template <class Each>
void split(std::string_view text, char separator, Each each) {
    while (true) {
        const auto end = text.find(separator);
        each(text.substr(0, end));
        if (end == std::string_view::npos) return;
        text.remove_prefix(end + 1);
    }
}

// False when an escape is bad.
bool add_pair(std::string_view pair, std::map<std::string, std::string, std::less<>>& into) {
    if (pair.empty()) return true;
    const auto equals = pair.find('=');
    auto key = decode_percent(pair.substr(0, equals), true);
    auto value = equals == std::string_view::npos ? std::optional<std::string>{std::string{}}
                                                  : decode_percent(pair.substr(equals + 1), true);
    if (!key || !value) return false;
    into.try_emplace(std::move(*key), std::move(*value));
    return true;
}

}  // namespace

std::optional<std::string> decode_percent(std::string_view text, bool plus_is_blank) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '+' && plus_is_blank) {
            out += ' ';
            continue;
        }
        if (text[i] != '%') {
            out += text[i];
            continue;
        }
        if (i + 2 >= text.size()) return std::nullopt;
        const auto high = hex_value(text[i + 1]);
        const auto low = hex_value(text[i + 2]);
        if (!high || !low || (*high == 0 && *low == 0)) return std::nullopt;
        out += static_cast<char>(static_cast<unsigned char>(*high * 16U + *low));
        i += 2;
    }
    return out;
}

std::vector<std::string> path_parts(std::string_view path, bool decode) {
    std::vector<std::string> parts;
    if (!path.empty() && path.front() == '/') path.remove_prefix(1);
    split(path, '/', [&](std::string_view part) {
        auto text = decode ? decode_percent(part, false) : std::nullopt;
        parts.push_back(text ? std::move(*text) : std::string{part});
    });
    return parts;
}

result<target> parse_target(std::string_view text) {
    if (text.empty() || text.front() != '/')
        return failure{errc::invalid, "the request target must be a path that begins with /"};
    const bool plain = std::all_of(text.begin(), text.end(),
                                   [](char c) { return c > 0x20 && c < 0x7F && c != '#'; });
    if (!plain)
        return failure{errc::invalid,
                       "the request target holds a character that must be percent-encoded"};
    target out;
    const auto mark = text.find('?');
    out.raw_path = text.substr(0, mark);
    auto path = decode_percent(out.raw_path, false);
    bool good = path.has_value();
    if (good && mark != std::string_view::npos)
        split(text.substr(mark + 1), '&',
              [&](std::string_view pair) { good = good && add_pair(pair, out.query); });
    if (!good) return failure{errc::invalid, "the request target holds a bad percent escape"};
    out.path = std::move(*path);
    return out;
}

}  // namespace townd::http
