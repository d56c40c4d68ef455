#pragma once
// What the options that every command takes say.

#include <cstdint>
#include <string>
#include <vector>

namespace townd::ctl {

/// Where the daemon is; empty fields were not said.
struct place_wanted {
    std::string socket;
    std::string address;
    std::string token_file;  ///< Its content is sent over TCP.
};

enum class form : std::uint8_t { table, wide, json, jsonl, yaml, name };

struct look {
    form as = form::table;
    std::vector<std::string> fields;  ///< Dotted; empty: the usual ones.
    bool headers = true;
    std::string colour = "auto";  ///< auto, always, never.
};

struct settings {
    place_wanted at;
    look out;
};

}  // namespace townd::ctl
