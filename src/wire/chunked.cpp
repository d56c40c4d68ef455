#include "wire/chunked.hpp"

#include <algorithm>
#include <charconv>

namespace townd::wire {

chunked_decoder::chunked_decoder(std::size_t body_bytes_max, std::size_t line_bytes_max)
    : body_bytes_max_(body_bytes_max), line_bytes_max_(line_bytes_max) {}

chunked_decoder::verdict chunked_decoder::take(std::string_view& bytes, std::string& body) {
    while (!bytes.empty()) {
        if (state_ == state::data) {
            const auto now = std::min(left_, bytes.size());
            body.append(bytes.substr(0, now));
            bytes.remove_prefix(now);
            left_ -= now;
            if (left_ == 0) state_ = state::data_end;
            continue;
        }
        auto outcome = take_line(bytes);
        if (outcome == verdict::done)
            outcome = end_of_line(body.size());
        else if (outcome == verdict::more)
            return outcome;
        if (outcome != verdict::more) return outcome;
    }
    return verdict::more;
}

// `done` when `line_` is whole.
chunked_decoder::verdict chunked_decoder::take_line(std::string_view& bytes) {
    const auto end = bytes.find('\n');
    const auto piece = bytes.substr(0, end);
    if (line_.size() + piece.size() > line_bytes_max_) return verdict::overhead_too_large;
    line_ += piece;
    overhead_ += piece.size() + 1;
    if (overhead_ > 2 * (body_bytes_max_ + line_bytes_max_)) return verdict::overhead_too_large;
    if (end == std::string_view::npos) {
        bytes = {};
        return verdict::more;
    }
    bytes.remove_prefix(end + 1);
    if (line_.empty() || line_.back() != '\r') return verdict::malformed;
    line_.pop_back();
    // What a proxy might read as a line of its own must not pass.
    const bool clean = std::all_of(line_.begin(), line_.end(), [](char c) {
        return c == '\t' || static_cast<unsigned char>(c) >= 0x20;
    });
    return clean ? verdict::done : verdict::malformed;
}

chunked_decoder::verdict chunked_decoder::end_of_line(std::size_t body_size) {
    auto outcome = verdict::more;
    switch (state_) {
        case state::size_line:
            outcome = read_size(body_size);
            break;
        case state::data_end:
            if (!line_.empty()) return verdict::malformed;
            state_ = state::size_line;
            break;
        case state::trailer:
            if (line_.empty()) return verdict::done;
            trailer_bytes_ += line_.size() + 2;
            if (trailer_bytes_ > line_bytes_max_) return verdict::overhead_too_large;
            if (line_.find(':') == std::string::npos) return verdict::malformed;
            break;
        case state::data:
            return verdict::malformed;
    }
    line_.clear();
    return outcome;
}

chunked_decoder::verdict chunked_decoder::read_size(std::size_t body_size) {
    std::uint64_t size = 0;
    const char* const first = line_.data();
    const char* const last = first + line_.size();
    const auto [end, error] = std::from_chars(first, last, size, 16);
    if (error == std::errc::result_out_of_range) return verdict::body_too_large;
    if (error != std::errc{} || (end != last && *end != ';')) return verdict::malformed;
    if (size > body_bytes_max_ || size > body_bytes_max_ - body_size)
        return verdict::body_too_large;
    left_ = static_cast<std::size_t>(size);
    state_ = size == 0 ? state::trailer : state::data;
    return verdict::more;
}

}  // namespace townd::wire
