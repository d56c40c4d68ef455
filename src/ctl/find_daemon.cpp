#include "ctl/find_daemon.hpp"

#include <cstdlib>
#include <filesystem>
#include <optional>

#include "config/config.hpp"
#include "sys/file.hpp"

namespace townd::ctl {
namespace {

constexpr const char* usual_address = "127.0.0.1:9191";
constexpr const char* usual_config = "/etc/townd/townd.yaml";

std::string from_environment(const char* name) {
    const char* text = std::getenv(name);
    return text == nullptr ? std::string{} : std::string{text};
}

// The socket that the installed configuration names, if we may read it.
std::optional<std::string> configured_socket() {
    std::error_code ignored;
    if (!std::filesystem::is_regular_file(usual_config, ignored)) return std::nullopt;
    const auto read = config::load_file(usual_config);
    if (!read.problems.empty()) return std::nullopt;
    const auto& named = read.values.ctl.socket;
    return (named ? *named : read.values.data_dir / "ctl.sock").string();
}

std::vector<place> usual_places() {
    std::vector<place> out;
    const auto add = [&](const std::string& path) {
        for (const auto& each : out)
            if (each.socket == path) return;
        out.push_back({path, {}, {}});
    };
    if (const auto path = configured_socket()) add(*path);
    for (const char* path :
         {"/run/townd/ctl.sock", "/var/lib/townd/ctl.sock", "./townd-data/ctl.sock"})
        add(path);
    out.push_back({{}, usual_address, {}});
    return out;
}

std::optional<place> named_place(const place_wanted& wanted) {
    if (!wanted.socket.empty()) return place{wanted.socket, {}, {}};
    if (!wanted.address.empty()) return place{{}, wanted.address, {}};
    if (auto path = from_environment("TOWND_SOCKET"); !path.empty()) return place{path, {}, {}};
    if (auto at = from_environment("TOWND_ADDR"); !at.empty()) return place{{}, at, {}};
    return std::nullopt;
}

}  // namespace

result<places> places_of(const place_wanted& wanted) {
    places out;
    if (auto one = named_place(wanted)) {
        out.tried.push_back(*std::move(one));
        out.named = true;
    } else {
        out.tried = usual_places();
    }
    const std::string file =
        wanted.token_file.empty() ? from_environment("TOWND_TOKEN_FILE") : wanted.token_file;
    if (file.empty()) return out;
    const auto token = sys::read_secret(std::filesystem::absolute(file));
    if (!token) return failure{errc::invalid, "--token-file: " + token.error().what};
    for (auto& each : out.tried)
        each.token = *token;
    return out;
}

}  // namespace townd::ctl
