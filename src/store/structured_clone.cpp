#include "store/structured_clone.hpp"

#include <bit>
#include <cmath>
#include <cstring>

#include "townd/words/time.hpp"

namespace townd::store {
namespace {

constexpr std::uint64_t version_max = 15;
constexpr std::uint64_t items_max = 100'000;

void append_utf8(std::string& out, std::uint32_t c) {
    if (c < 0x80) {
        out += static_cast<char>(c);
    } else if (c < 0x800) {
        out += static_cast<char>(0xC0U | (c >> 6U));
        out += static_cast<char>(0x80U | (c & 0x3FU));
    } else if (c < 0x10000) {
        out += static_cast<char>(0xE0U | (c >> 12U));
        out += static_cast<char>(0x80U | ((c >> 6U) & 0x3FU));
        out += static_cast<char>(0x80U | (c & 0x3FU));
    } else {
        out += static_cast<char>(0xF0U | (c >> 18U));
        out += static_cast<char>(0x80U | ((c >> 12U) & 0x3FU));
        out += static_cast<char>(0x80U | ((c >> 6U) & 0x3FU));
        out += static_cast<char>(0x80U | (c & 0x3FU));
    }
}

// Every read answers empty at the end of the bytes, and everything after it does, too.
class reader {
public:
    explicit reader(std::string_view bytes) : left_(bytes) {}

    std::optional<json> document() {
        if (left_.empty() || byte() != 0xFF) return std::nullopt;
        const auto version = number();
        if (!version || *version > version_max) return std::nullopt;
        auto out = value(0);
        if (broken_ || !left_.empty()) return std::nullopt;
        return out;
    }

private:
    std::uint8_t byte() {
        if (left_.empty()) {
            broken_ = true;
            return 0;
        }
        const auto out = static_cast<std::uint8_t>(left_.front());
        left_.remove_prefix(1);
        return out;
    }
    std::optional<std::uint64_t> number() {
        std::uint64_t out = 0;
        for (unsigned shift = 0; shift < 64; shift += 7) {
            const auto part = byte();
            out |= static_cast<std::uint64_t>(part & 0x7FU) << shift;
            if (broken_) return std::nullopt;
            if ((part & 0x80U) == 0) return out;
        }
        broken_ = true;
        return std::nullopt;
    }
    std::string_view part() {
        const auto size = number();
        if (!size || *size > left_.size()) {
            broken_ = true;
            return {};
        }
        const auto out = left_.substr(0, static_cast<std::size_t>(*size));
        left_.remove_prefix(out.size());
        return out;
    }
    double real() {
        if (left_.size() < sizeof(double)) {
            broken_ = true;
            return 0;
        }
        double out = 0;
        std::memcpy(&out, left_.data(), sizeof out);
        left_.remove_prefix(sizeof out);
        return out;
    }
    std::string latin_text() {
        std::string out;
        for (const char c : part())
            append_utf8(out, static_cast<std::uint8_t>(c));
        return out;
    }
    std::string wide_text() {
        const auto bytes = part();
        const auto unit = [&](std::size_t at) -> std::uint32_t {
            return static_cast<std::uint32_t>(static_cast<std::uint8_t>(bytes[at])) |
                   static_cast<std::uint32_t>(static_cast<std::uint8_t>(bytes[at + 1])) << 8U;
        };
        std::string out;
        for (std::size_t at = 0; at + 1 < bytes.size(); at += 2) {
            std::uint32_t c = unit(at);
            const bool high = c >= 0xD800 && c < 0xDC00 && at + 3 < bytes.size();
            if (high && unit(at + 2) >= 0xDC00 && unit(at + 2) < 0xE000) {
                c = 0x10000 + ((c - 0xD800) << 10U) + (unit(at + 2) - 0xDC00);
                at += 2;
            }
            append_utf8(out, c >= 0xD800 && c < 0xE000 ? 0xFFFD : c);
        }
        return out;
    }
    json date() {
        const double ms = real();
        if (!std::isfinite(ms) || std::abs(ms) > 8.64e15) return nullptr;
        return to_rfc3339(from_unix_ms(static_cast<std::int64_t>(ms)));
    }
    json number_value() {
        const double out = real();
        return std::isfinite(out) ? json(out) : json(nullptr);
    }
    json object(int depth) {
        json out = json::object();
        for (std::uint64_t i = 0; i < items_max && !broken_; ++i) {
            const auto key = value(depth + 1);
            if (ended_ == '{') {
                ended_ = 0;
                static_cast<void>(number());
                return out;
            }
            auto held = value(depth + 1);
            if (broken_ || ended_ != 0 || !key) break;
            const auto name = key->is_string() ? key->get<std::string>() : dump_json(*key);
            if (held) out[name] = *std::move(held);
        }
        broken_ = true;
        return nullptr;
    }
    json array(int depth) {
        const auto size = number();
        json out = json::array();
        if (!size || *size > items_max) broken_ = true;
        for (std::uint64_t i = 0; !broken_ && i < *size; ++i)
            out.push_back(value(depth + 1).value_or(nullptr));
        if (broken_ || ended_ != 0) return nullptr;
        static_cast<void>(value(depth + 1));
        if (ended_ != '$') broken_ = true;
        ended_ = 0;
        static_cast<void>(number());
        static_cast<void>(number());
        return out;
    }
    // Empty for undefined, and with `ended_` set for the end of an object or array.
    std::optional<json> value(int depth) {
        if (depth > json_depth_max) broken_ = true;
        auto tag = byte();
        while (tag == 0 && !broken_)  // Padding before wide texts.
            tag = byte();
        if (broken_) return std::nullopt;
        switch (tag) {
            case '_':
            case '-':
                return std::nullopt;
            case '0':
                return json(nullptr);
            case 'T':
            case 'y':
                return json(true);
            case 'F':
            case 'x':
                return json(false);
            case 'I': {
                const auto zigzag = number().value_or(0);
                return json(static_cast<std::int64_t>(zigzag >> 1U) ^
                            -static_cast<std::int64_t>(zigzag & 1U));
            }
            case 'U':
                return json(number().value_or(0));
            case 'N':
            case 'n':
                return number_value();
            case 'D':
                return date();
            case '"':
                return json(latin_text());
            case 'c':
                return json(wide_text());
            case 'S':
                return json(std::string{part()});
            case 'o':
                return object(depth);
            case 'A':
                return array(depth);
            case '{':
            case '$':
                ended_ = static_cast<char>(tag);
                return std::nullopt;
            default:
                broken_ = true;
                return std::nullopt;
        }
    }

    std::string_view left_;
    char ended_ = 0;
    bool broken_ = false;
};

}  // namespace

std::optional<json> read_structured_clone(std::string_view bytes) {
    return reader(bytes).document();
}

}  // namespace townd::store
