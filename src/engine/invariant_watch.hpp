#pragma once
// Tells once when an invariant of a town is broken, and once when it holds again.

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "town/context.hpp"
#include "townd/decide/invariants.hpp"

namespace townd::engine {

/// Belongs to one town's actor. One that is broken for a moment (a tick repairs in steps) is not
/// told at all.
class invariant_watch {
public:
    /// Takes what is broken now. Returns when one that is not told yet would be: `never` without.
    instant see(town::context& ctx, const std::vector<broken_invariant>& found);

    [[nodiscard]] int broken() const noexcept { return told_; }
    [[nodiscard]] std::vector<std::string> sentences() const;
    [[nodiscard]] std::uint64_t ever() const noexcept { return ever_; }

private:
    struct seen {
        std::string sentence;
        instant since{};
        bool told = false;
        bool still = true;
    };
    std::map<std::string, seen> seen_;  // By number and subject.
    int told_ = 0;
    std::uint64_t ever_ = 0;
};

}  // namespace townd::engine
