#pragma once
// Reads the fields of a request's body and gathers everything that is wrong with them, so that a
// caller learns all of it at once.

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/message.hpp"
#include "json/json.hpp"

namespace townd::api {

/// Bounds of what several routes take.
inline constexpr std::size_t branch_letters_max = 1024;
inline constexpr std::size_t url_letters_max = 2048;

struct issue {
    std::vector<std::string> path;
    std::string message;
};

/// 400 with `issues`.
[[nodiscard]] http::response invalid_body(const std::vector<issue>& issues,
                                          std::string_view error = "Invalid request body");

/// Length of a text in code points, as people count.
[[nodiscard]] std::size_t letters(std::string_view text) noexcept;

/// A field that is null counts as absent. Every reader answers a usable default when the field is
/// wrong, and adds an issue.
class fields {
public:
    /// `object` is borrowed. `at` names where it stands in the body.
    explicit fields(const json& object, std::vector<std::string> at = {});

    /// 1..`max` letters; 0 is no limit (the store cuts what is too long).
    std::string text(std::string_view key, std::size_t max = 0);
    std::optional<std::string> optional_text(std::string_view key, std::size_t max = 0);
    std::vector<std::string> texts(std::string_view key, std::size_t max_items);
    /// An object as JSON text; `{}` when absent.
    std::string object_text(std::string_view key);
    std::optional<bool> flag(std::string_view key);
    std::optional<std::int64_t> number(std::string_view key, std::int64_t min, std::int64_t max);
    /// The value under `key`, or null when it is absent.
    [[nodiscard]] const json* find(std::string_view key) const;

    /// One of a closed list; `parse` answers empty for what is not in it.
    template <class Parse>
    auto choice(std::string_view key, Parse parse, std::string_view allowed)
        -> decltype(parse(std::string_view{})) {
        const auto said = text(key);
        return said.empty() ? std::nullopt : parsed(key, said, parse, allowed);
    }
    template <class Parse>
    auto optional_choice(std::string_view key, Parse parse, std::string_view allowed)
        -> decltype(parse(std::string_view{})) {
        const auto said = optional_text(key);
        return said ? parsed(key, *said, parse, allowed) : std::nullopt;
    }

    void add(std::string_view key, std::string message);
    /// Takes over the issues of a part of the body.
    void take(const fields& part);
    /// An issue for every key that is not in `known`.
    void refuse_others(std::initializer_list<std::string_view> known);
    [[nodiscard]] bool sound() const noexcept { return issues_.empty(); }
    [[nodiscard]] const std::vector<issue>& issues() const noexcept { return issues_; }

private:
    template <class Parse>
    auto parsed(std::string_view key, const std::string& said, Parse parse,
                std::string_view allowed) -> decltype(parse(std::string_view{})) {
        auto value = parse(std::string_view{said});
        if (!value) add(key, "Expected one of: " + std::string{allowed});
        return value;
    }

    const json& object_;
    std::vector<std::string> at_;
    std::vector<issue> issues_;
};

/// A whole number of a query; empty for anything else.
[[nodiscard]] std::optional<int> parse_count(std::string_view text) noexcept;

inline constexpr std::string_view bead_types =
    "issue, message, escalation, merge_request, convoy, molecule, agent";
inline constexpr std::string_view bead_statuses = "open, in_progress, in_review, closed, failed";
inline constexpr std::string_view bead_priorities = "low, medium, high, critical";
inline constexpr std::string_view agent_roles = "polecat, refinery, mayor";

}  // namespace townd::api
