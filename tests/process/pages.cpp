#include "process/pages.hpp"

namespace townd::test {
namespace {

std::vector<json> items_of(const json& list) {
    const json items = member(list, "items");
    return {items.begin(), items.end()};
}

}  // namespace

json pages::bead(const std::string& town, const std::string& id) const {
    return get("/debug/v1/beads/" + town + "/" + id);
}

json pages::explain(const std::string& town, const std::string& bead) const {
    return get("/debug/v1/explain?town=" + town + "&bead=" + bead);
}

json pages::town(const std::string& id) const {
    return get("/debug/v1/towns/" + id);
}

std::vector<json> pages::attempts(const std::string& town, const std::string& bead) const {
    return items_of(get("/debug/v1/attempts?limit=1000&town=" + town +
                        (bead.empty() ? std::string{} : "&bead=" + bead)));
}

json pages::container_breaker(const std::string& town) const {
    // Of the town's places the first that is not closed.
    for (auto& each : items_of(get("/debug/v1/breakers?scope=place&limit=1000&town=" + town)))
        if (each.value("state", "closed") != "closed") return each;
    return json{{"state", "closed"}};
}

std::vector<json> pages::breakers(const std::string& town) const {
    return items_of(get("/debug/v1/breakers?limit=1000&town=" + town));
}

}  // namespace townd::test
