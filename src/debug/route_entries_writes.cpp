// What operators may do.

#include <utility>

#include "debug/parameters.hpp"
#include "debug/route_table.hpp"

namespace townd::debug {
namespace {

route_entry post(std::string_view pattern, std::string_view says,
                 body_kind body = body_kind::order) {
    route_entry out;
    out.method = "POST";
    out.pattern = pattern;
    out.says = says;
    out.body = body;
    return out;
}

route_entry aimed(route_entry entry, std::string_view target, std::vector<std::string_view> verbs) {
    entry.target = target;
    entry.verbs = std::move(verbs);
    return entry;
}

route_entry asking(route_entry entry, std::vector<parameter> query) {
    entry.query = std::move(query);
    return entry;
}

const std::vector<std::string_view> order_verbs{"pause", "resume", "drain", "undrain"};
const std::vector<std::string_view> breaker_verbs{"force-open",  "force-closed", "clear",
                                                  "clear-force", "reset",        "probe"};

}  // namespace

std::vector<route_entry> write_entries() {
    auto town_verbs = order_verbs;
    town_verbs.emplace_back("dry-run");
    route_entry level =
        post("/debug/v1/loglevel", "Sets the log's level for a while.", body_kind::log_level);
    level.method = "PUT";
    return {
        post("/debug/v1/dispatch:pause", "No new starts in the whole daemon."),
        post("/debug/v1/dispatch:resume", "Ends the pause of the whole daemon."),
        post("/debug/v1/dispatch:drain", "No new starts; done when nothing runs."),
        post("/debug/v1/dispatch:undrain", "Ends the drain of the whole daemon."),
        aimed(post("/debug/v1/towns/:target",
                   "Orders for a town. dry-run needs no body and changes nothing."),
              "town", town_verbs),
        aimed(post("/debug/v1/towns/:town/rigs/:target", "Orders for a rig."), "rig", order_verbs),
        aimed(asking(post("/debug/v1/roles/:target", "Orders for a role."), {of_town()}), "role",
              order_verbs),
        post("/debug/v1/breakers:batch", "One action on all breakers that the selector takes.",
             body_kind::batch),
        post("/debug/v1/breakers:force-open", "The body names town and key."),
        post("/debug/v1/breakers:force-closed", "The body names town and key."),
        post("/debug/v1/breakers:clear", "The body names town and key."),
        post("/debug/v1/breakers:clear-force", "The body names town and key."),
        post("/debug/v1/breakers:reset", "The body names town and key."),
        post("/debug/v1/breakers:probe", "The body names town and key."),
        aimed(post("/debug/v1/breakers/:town/*key", "For one breaker."), "key", breaker_verbs),
        aimed(post("/debug/v1/beads/:town/:target", "For one bead."), "bead",
              {"retry-now", "reset-attempts"}),
        level,
        asking(post("/debug/v1/config:reload", "Reads the configuration again.", body_kind::reload),
               {a_flag("dry_run", "Only says what it would do.")}),
    };
}

}  // namespace townd::debug
