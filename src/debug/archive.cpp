#include "debug/archive.hpp"

#include <zstd.h>

#include <algorithm>
#include <array>
#include <cstdio>

namespace townd::debug {
namespace {

constexpr std::size_t block = 512;
constexpr int level = 3;

using header = std::array<char, block>;

void put(header& into, std::size_t at, std::string_view text) {
    std::copy(text.begin(), text.end(), into.begin() + static_cast<std::ptrdiff_t>(at));
}

void put_octal(header& into, std::size_t at, std::size_t digits, std::uint64_t value) {
    for (std::size_t i = digits; i > 0; --i, value >>= 3U)
        into[at + i - 1] = static_cast<char>('0' + (value & 7U));
}

header header_of(std::string_view name, std::size_t size, instant at) {
    header out{};
    put(out, 0, name.substr(0, 99));
    put(out, 100, "0000644");
    put(out, 108, "0000000");
    put(out, 116, "0000000");
    put_octal(out, 124, 11, size);
    put_octal(out, 136, 11,
              static_cast<std::uint64_t>(std::max<std::int64_t>(0, unix_ms(at))) / 1000);
    put(out, 148, "        ");
    out[156] = '0';
    put(out, 257, "ustar");
    put(out, 263, "00");
    std::uint64_t sum = 0;
    for (const char c : out)
        sum += static_cast<unsigned char>(c);
    put_octal(out, 148, 6, sum);
    out[154] = '\0';
    return out;
}

}  // namespace

void archive::add(std::string_view name, std::string_view body) {
    const auto head = header_of(name, body.size(), at_);
    tar_.append(head.data(), head.size());
    tar_ += body;
    tar_.append((block - body.size() % block) % block, '\0');
}

result<std::string> archive::compressed() {
    tar_.append(2 * block, '\0');
    std::string out(ZSTD_compressBound(tar_.size()), '\0');
    const auto size = ZSTD_compress(out.data(), out.size(), tar_.data(), tar_.size(), level);
    if (ZSTD_isError(size) != 0)
        return failure{errc::internal, "the archive could not be compressed: " +
                                           std::string{ZSTD_getErrorName(size)}};
    out.resize(size);
    return out;
}

}  // namespace townd::debug
