#include "townd/words/override.hpp"

#include <array>

namespace townd {
namespace {

constexpr std::array<std::string_view, 2> kinds{"pause", "drain"};
constexpr std::array<std::string_view, 4> scopes{"daemon", "town", "rig", "role"};

template <class Enum, std::size_t N>
std::optional<Enum> parse(const std::array<std::string_view, N>& names, std::string_view text) {
    for (std::size_t i = 0; i < N; ++i)
        if (names[i] == text) return static_cast<Enum>(i);
    return std::nullopt;
}

}  // namespace

std::string_view to_text(override_kind kind) noexcept {
    return kinds[static_cast<std::size_t>(kind)];
}
std::string_view to_text(override_scope scope) noexcept {
    return scopes[static_cast<std::size_t>(scope)];
}
std::optional<override_kind> parse_override_kind(std::string_view text) noexcept {
    return parse<override_kind>(kinds, text);
}
std::optional<override_scope> parse_override_scope(std::string_view text) noexcept {
    return parse<override_scope>(scopes, text);
}

}  // namespace townd
