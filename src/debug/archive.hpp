#pragma once
// A tar file (ustar) in memory, compressed with zstd.

#include <string>
#include <string_view>

#include "townd/words/result.hpp"
#include "townd/words/time.hpp"

namespace townd::debug {

class archive {
public:
    explicit archive(instant at) : at_(at) {}
    /// `name` at most 99 bytes.
    void add(std::string_view name, std::string_view body);
    [[nodiscard]] std::size_t size() const { return tar_.size(); }
    /// The whole file, compressed.
    [[nodiscard]] result<std::string> compressed();

private:
    instant at_;
    std::string tar_;
};

}  // namespace townd::debug
