// The sample file: every key with its default and what there is to say of it.

#include <algorithm>

#include "config/option_table.hpp"
#include "config/sections.hpp"

namespace townd::config {
namespace {

constexpr std::size_t columns = 100;

constexpr std::string_view head =
    "# yaml-language-server: $schema=/usr/share/townd/config.schema.json\n"
    "# Every key with its default; only data_dir is ./townd-data when nothing is said.\n"
    "# Leave out what you do not change. Files in conf.d/ beside this one are read after it.\n"
    "# `townd check-config` names every mistake in one run, with line and column.\n"
    "#\n"
    "# Durations carry their unit: 250ms, 30s, 5m, 1h30m, 2d.\n"
    "# Keys marked (restart) take effect at the next start; the rest on reload (SIGHUP).\n";

// Ranges that the value itself does not suggest.
bool worth_saying(const option& which) {
    return std::holds_alternative<whole_option>(which.type) ||
           std::holds_alternative<real_option>(which.type);
}

std::string comment_of(const option& which) {
    std::string out;
    if (worth_saying(which)) out += range_text(which) + ". ";
    out += which.help;
    if (which.restart) out += " (restart)";
    return out;
}

}  // namespace

std::string sample() {
    const settings values;
    std::string out{head};
    section_walk walk;
    for (const option& each : option_table()) {
        const auto opened = walk.enter(each.key);
        if (walk.depth() == 0 || (!opened.empty() && opened.front().indent.empty())) out += '\n';
        for (const opened_section& section : opened) {
            if (const auto help = section_help(section.path); !help.empty())
                out += section.indent + "# " + std::string{help} + "\n";
            out += section.indent + std::string{section.name} + ":\n";
        }
        const std::string value =
            each.packaged.empty() ? option_text(each, values) : std::string{each.packaged};
        std::string line = walk.indent() + std::string{walk.name()} + ": " + value;
        const std::string comment = comment_of(each);
        // Beside the value where there is room.
        const std::size_t column = std::max<std::size_t>(line.size() + 2, 28);
        if (walk.depth() > 0 && column + 2 + comment.size() <= columns) {
            line += std::string(column - line.size(), ' ') + "# " + comment;
        } else {
            out += walk.indent() + "# " + comment + "\n";
        }
        out += line + "\n";
    }
    return out;
}

}  // namespace townd::config
