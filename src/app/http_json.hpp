#pragma once
// A plain caller of a JSON API, for the demo and townctl: one call, one answer.

#include <memory>
#include <string>

#include "json/json.hpp"
#include "townd/port/container.hpp"
#include "townd/words/result.hpp"

namespace townd::app {

/// Blocks until the answer is there. The failure says what was called and what came back.
[[nodiscard]] result<std::string> fetch(container_port& port, std::string method, std::string base,
                                        std::string target, std::string body = {});
/// The parsed body of a 2xx answer.
[[nodiscard]] result<json> fetch_json(container_port& port, std::string method, std::string base,
                                      std::string target, const json& body = json());

}  // namespace townd::app
