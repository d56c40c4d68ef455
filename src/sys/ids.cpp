#include "sys/ids.hpp"

#include <algorithm>
#include <array>
#include <boost/uuid/random_generator.hpp>
#include <boost/uuid/uuid_io.hpp>
#include <functional>
#include <random>
#include <string_view>

namespace townd::sys {

std::string random_uuid() {
    // The default generator asks the system for every id (getrandom), so a fork cannot repeat one.
    static thread_local boost::uuids::random_generator make;
    return boost::uuids::to_string(make());
}

std::string random_hex(std::size_t bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    static thread_local std::random_device device;
    std::string out;
    out.reserve(bytes * 2);
    for (std::size_t i = 0; i < bytes; ++i) {
        const unsigned value = device();
        out += digits[(value >> 4U) & 0xFU];
        out += digits[value & 0xFU];
    }
    return out;
}

double random_unit() {
    static thread_local std::mt19937_64 engine = [] {
        std::random_device device;
        std::array<std::random_device::result_type, 8> seed{};
        std::generate(seed.begin(), seed.end(), std::ref(device));
        std::seed_seq sequence(seed.begin(), seed.end());
        return std::mt19937_64{sequence};
    }();
    // 53 bits fill a double's mantissa exactly, so 1.0 cannot come out by rounding.
    return static_cast<double>(engine() >> 11U) * 0x1.0p-53;
}

}  // namespace townd::sys
