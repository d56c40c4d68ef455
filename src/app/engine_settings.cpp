#include "app/engine_settings.hpp"

namespace townd::app {

std::shared_ptr<town::settings> engine_settings(const config::settings& from,
                                                const std::string& jwt_secret) {
    auto out = std::make_shared<town::settings>();
    out->rules = from.policy;
    out->containers_url = from.containers.url;
    out->jwt_secret = jwt_secret;
    out->restart_url = from.containers.restart_url.value_or("");
    if (from.containers.restart_program)
        out->restart_command = {from.containers.restart_program->string(), "{town}"};
    out->rules.upkeep.restarts = !out->restart_url.empty() || !out->restart_command.empty();
    out->rules.upkeep.max_town_bytes = std::int64_t{from.towns.max_megabytes} * 1024 * 1024;
    return out;
}

}  // namespace townd::app
