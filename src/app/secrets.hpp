#pragma once
// The secrets that the daemon works with.

#include <filesystem>
#include <optional>
#include <string>

#include "config/config.hpp"
#include "townd/words/result.hpp"

namespace townd::app {

struct secrets {
    std::string jwt_secret;  ///< Never empty.
    std::optional<std::string> api_token;
    bool accept_all = false;                 ///< Neither was configured.
    std::optional<std::string> debug_token;  ///< At least 32 bytes; as the next.
    std::optional<std::string> debug_read_token;
    std::string debug_token_name;  ///< Of the file of `debug_token`.
};

/// Reads the configured files. Without a configured JWT secret one is made and kept in
/// `<data_dir>/jwt.secret` (0600), so that the tokens of running agents outlive a restart.
[[nodiscard]] result<secrets> read_secrets(const config::settings& settings,
                                           const std::filesystem::path& data_dir);

}  // namespace townd::app
