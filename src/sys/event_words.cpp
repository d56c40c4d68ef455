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
            return text + std::string{to_text(what.role)} + "s " +
                   std::string{failing_words(what.at)} + " in " + std::to_string(what.members) +
                   " towns for one cause, " + what.cause + "; probes are made within one budget";
        case kind::recovering:
            return text + "a probe succeeded, each town gets one quick try";
        case kind::probing:
            return text + "each town had its quick try and some still fail: probes again";
        case kind::closed:
            return text + "over after " + to_words(what.lasted) + ", at most " +
                   std::to_string(what.members) + " towns";
    }
    return text + "changed";
}

}  // namespace townd::sys
