#pragma once
// Typed reading of the keys of one map of a YAML text. Every problem is reported at its place with
// what to write instead; a key that nobody asked for is unknown.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/yaml_tree.hpp"
#include "townd/words/time.hpp"

namespace townd::scenario {

/// Where problems go.
struct problem_list {
    std::string file;
    std::vector<config::problem> problems;
    std::vector<config::problem> warnings;
    void add(const config::yaml_node& at, std::string key, std::string what);
    void add(int line, int column, std::string key, std::string what);
};

/// A stretch of time that is drawn from, as in `1m..5m`.
struct span_range {
    duration min{0};
    duration max{0};
};

class fields {
public:
    /// `path`: of the map, empty at the top. Reports a node that is no map.
    fields(const config::yaml_node& map, std::string path, problem_list& into);

    /// The value under `key`; null when it is not written. The key is known from now on.
    const config::yaml_node* find(std::string_view key);

    // Each leaves `into` alone when the key is not written or wrong.
    void read_text(std::string_view key, std::string& into);
    void read_whole(std::string_view key, int& into, int min, int max);
    void read_number(std::string_view key, double& into, double min, double max);
    void read_span(std::string_view key, duration& into, duration min, duration max);
    void read_range(std::string_view key, duration& min, duration& max, duration least);
    /// Index of the word that was written.
    std::optional<std::size_t> read_word(std::string_view key,
                                         const std::vector<std::string_view>& allowed);
    void read_switch(std::string_view key, bool& into);

    /// Reports keys that nobody asked for.
    void refuse_others();
    void wrong(const config::yaml_node& at, std::string_view key, std::string what);
    [[nodiscard]] std::string path_of(std::string_view key) const;

private:
    const config::yaml_node* scalar(std::string_view key, std::string_view remedy);

    const config::yaml_node& map_;
    std::string path_;
    problem_list& into_;
    std::vector<std::string_view> known_;
};

/// A decimal number without exponent; empty when the text is none.
[[nodiscard]] std::optional<double> number_of(std::string_view text) noexcept;
/// `is "x", which is none …`: what is wrong with a word, with the nearest one that could be meant.
[[nodiscard]] std::string not_one_of(std::string_view written,
                                     const std::vector<std::string_view>& allowed);

}  // namespace townd::scenario
