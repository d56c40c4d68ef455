#include "sys/event_words.hpp"

namespace townd::sys {

std::string sentence(std::string_view begin, const dispatch& what) {
    std::string out{begin};
    out += ' ';
    out += to_text(what.role);
    if (!what.agent_name.empty()) out += " " + what.agent_name;
    if (!what.error) return out;
    out += ": ";
    out += to_text(what.error->code());
    return out + ": " + what.error->message();
}

std::string sentence(const outage_event& what) {
    using kind = outage_event::kind;
    std::string text = "outage " + what.outage + ": ";
    switch (what.what) {
        case kind::opened:
            return text + std::to_string(what.members) + " towns cannot start a " +
                   std::string{to_text(what.role)} + " for one cause, " + what.cause +
                   "; a few try for all of them";
        case kind::ramping:
            return text + "a canary succeeded, the towns follow";
        case kind::probing:
            return text + "it is back while the towns followed: canaries again";
        case kind::closed:
            return text + "over after " + to_words(what.lasted) + ", at most " +
                   std::to_string(what.members) + " towns";
    }
    return text + "changed";
}

}  // namespace townd::sys
