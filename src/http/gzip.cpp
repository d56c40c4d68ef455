#include "http/gzip.hpp"

#include <zlib.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>

namespace townd::http {
namespace {

constexpr std::size_t worth_it = 1024;  // Less fits into a packet or two as it is.
constexpr int fastest = 1;              // The page is text of numbers: more effort gains little.
constexpr int gzip_window = 15 + 16;    // Largest window, with a gzip header.

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t'))
        text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t'))
        text.remove_suffix(1);
    return text;
}

std::string lowered(std::string_view text) {
    std::string out{text};
    std::transform(out.begin(), out.end(), out.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return out;
}

// One coding of the list: its name and whether it is taken at all.
struct coding {
    std::string name;
    bool taken = true;
};
coding read_coding(std::string_view part) {
    const std::size_t end = part.find(';');
    coding out{lowered(trimmed(part.substr(0, end))), true};
    if (end == std::string_view::npos) return out;
    const std::string weight = lowered(trimmed(part.substr(end + 1)));
    if (weight.starts_with("q=")) out.taken = std::strtod(weight.c_str() + 2, nullptr) > 0;
    return out;
}

}  // namespace

bool takes_gzip(const request& call) {
    std::string_view rest = call.header("accept-encoding");
    bool any = false;
    while (!rest.empty()) {
        const std::size_t end = std::min(rest.find(','), rest.size());
        const coding one = read_coding(rest.substr(0, end));
        if (one.name == "gzip" || one.name == "x-gzip") return one.taken;
        if (one.name == "*") any = one.taken;
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    return any;
}

std::string gzip(std::string_view plain) {
    z_stream stream{};
    if (deflateInit2(&stream, fastest, Z_DEFLATED, gzip_window, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        return {};
    std::string out(deflateBound(&stream, static_cast<uLong>(plain.size())), '\0');
    // zlib's `next_in` has no const in this version, and is only read.
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(plain.data()));
    stream.avail_in = static_cast<uInt>(plain.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    const bool done = deflate(&stream, Z_FINISH) == Z_STREAM_END;
    out.resize(done ? stream.total_out : 0);
    deflateEnd(&stream);
    return out;
}

void compress(const request& call, response& answer) {
    answer.headers.emplace_back("Vary", "Accept-Encoding");
    if (answer.body.size() < worth_it || !takes_gzip(call)) return;
    std::string packed = gzip(answer.body);
    if (packed.empty()) return;
    answer.body = std::move(packed);
    answer.headers.emplace_back("Content-Encoding", "gzip");
}

}  // namespace townd::http
