#pragma once
// Every key of townd.yaml, once: reading, range checks, printing and the list of keys that need a
// restart are all driven by this table.

#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "config/config.hpp"

namespace townd::config {

/// Answers what is wrong with a text, with the remedy in brackets; empty when nothing is.
using text_check = std::string (*)(std::string_view text);

// What a key holds and where in `settings` it goes.
struct whole_option {
    int& (*at)(settings&);
    int min;
    int max;
};
struct real_option {
    double& (*at)(settings&);
    double min;
    double max;
};
struct span_option {
    duration& (*at)(settings&);
    duration min;
    duration max;
};
struct word_option {
    std::string& (*at)(settings&);
    std::span<const std::string_view> allowed;
};
struct mode_option {  ///< An enumeration, written as the word at its place.
    outage_mode& (*at)(settings&);
    std::span<const std::string_view> allowed;
};
struct switch_option {  ///< A boolean, written as one of two words: `true`, `false` without quotes.
    bool& (*at)(settings&);
    std::string_view word_true;
    std::string_view word_false;
};
struct text_option {
    std::string& (*at)(settings&);
    text_check check;
    std::string_view form;     ///< As people say it: `host:port`.
    std::string_view pattern;  ///< What a schema can say of it, as ECMA-262.
};
struct optional_text_option {
    std::optional<std::string>& (*at)(settings&);
    text_check check;
    std::string_view form;
    std::string_view pattern;
};
struct path_option {
    std::filesystem::path& (*at)(settings&);
};
struct optional_path_option {
    std::optional<std::filesystem::path>& (*at)(settings&);
};

using option_type =
    std::variant<whole_option, real_option, span_option, word_option, mode_option, switch_option,
                 text_option, optional_text_option, path_option, optional_path_option>;

struct option {
    std::string_view key;   ///< Dotted.
    bool restart;           ///< A change takes effect at the next start only.
    std::string_view help;  ///< One line.
    option_type type;
    std::string_view more = {};      ///< What one line has no room for; for the reference.
    std::string_view packaged = {};  ///< In the sample file in place of the default, as YAML.
    std::string_view since = "0.1";
};

/// What a section is for, one line; empty for unknown ones.
[[nodiscard]] std::string_view section_help(std::string_view section) noexcept;

/// In the order of the sample file; keys of a section stand together.
[[nodiscard]] std::span<const option> option_table() noexcept;
/// The option of that key, or null.
[[nodiscard]] const option* find_option(std::string_view key) noexcept;
/// True for `breaker` and `breaker.agent`: keys that hold keys.
[[nodiscard]] bool is_section(std::string_view key) noexcept;

/// `duration`, `integer`, `number`, `path`, `text`, `boolean` or `word`; `or null` when it may be.
[[nodiscard]] std::string type_text(const option& which);
/// `10ms to 24h`, `act, observe or off`, `host:port`; empty when anything goes.
[[nodiscard]] std::string range_text(const option& which);
/// True when the value is a text or path: a variable or flag needs no quotes around it.
[[nodiscard]] bool is_text(const option& which) noexcept;
/// Parts of a dotted key.
[[nodiscard]] std::vector<std::string_view> parts_of(std::string_view key);

/// The value as YAML text that `read_option` reads back.
[[nodiscard]] std::string option_text(const option& which, const settings& values);

/// Takes the one value over.
void copy_option(const option& which, const settings& from, settings& into);

/// A scalar of the file.
struct written_value {
    std::string_view text;
    bool plain;  ///< Without quotes.
    bool null;
};
/// Sets the option. Answers what is wrong with the value, or nothing.
[[nodiscard]] std::string read_option(const option& which, const written_value& value,
                                      settings& into);

}  // namespace townd::config
