#pragma once
// Walks the dotted keys of the table as the nested sections that they stand in.

#include <string>
#include <string_view>
#include <vector>

namespace townd::config {

struct opened_section {
    std::string_view name;  ///< Its own: `agent`.
    std::string path;       ///< `breaker.agent`.
    std::string indent;     ///< Two blanks a level above it.
};

/// Keys must outlive the walk and stand together by section, as in the table.
class section_walk {
public:
    /// Goes on to that key. The sections that begin with it, outermost first.
    std::vector<opened_section> enter(std::string_view key);
    /// How many sections ended with that step.
    [[nodiscard]] std::size_t closed() const noexcept { return closed_; }
    /// Sections that the key stands in.
    [[nodiscard]] std::size_t depth() const noexcept { return open_.size(); }
    /// The key's last part.
    [[nodiscard]] std::string_view name() const noexcept { return name_; }
    [[nodiscard]] std::string indent() const { return std::string(2 * open_.size(), ' '); }

private:
    std::vector<std::string_view> open_;
    std::string_view name_;
    std::size_t closed_ = 0;
};

}  // namespace townd::config
