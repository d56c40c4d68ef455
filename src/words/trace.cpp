#include <array>
#include <cstdio>

#include "townd/words/dispatch.hpp"

namespace townd {
namespace {

std::uint64_t fnv1a(std::uint64_t hash, std::string_view text) noexcept {
    for (const char c : text)
        hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
    return hash;
}

// Sixteen digits that are never all zero: those would be no id (W3C trace context, 3.2).
std::string half(std::uint64_t number) {
    std::array<char, 20> text{};
    std::snprintf(text.data(), text.size(), "%016llx",
                  static_cast<unsigned long long>(number == 0 ? 1 : number));
    return text.data();
}

constexpr std::uint64_t basis = 14695981039346656037ULL;

}  // namespace

std::string trace_id_of(std::string_view dispatch) {
    std::string digits;
    for (const char c : dispatch) {
        const bool hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
        if (!hex && c != '-') return half(fnv1a(basis, dispatch)) + half(fnv1a(~basis, dispatch));
        if (hex) digits += c;
    }
    if (digits.size() == 32 && digits.find_first_not_of('0') != std::string::npos) return digits;
    return half(fnv1a(basis, dispatch)) + half(fnv1a(~basis, dispatch));
}

std::string traceparent_of(std::string_view dispatch) {
    return "00-" + trace_id_of(dispatch) + "-" + half(fnv1a(basis, dispatch)) + "-01";
}

}  // namespace townd
