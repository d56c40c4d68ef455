#pragma once
// What a container echoes of a request must not carry the request's secrets into errors and pages.

#include "townd/port/container.hpp"

namespace townd::container {

/// Puts `[secret]` in the place of every secret of the request that the answer's texts repeat: the
/// values of the environment for agents (but for names and addresses that townd itself sets), a
/// user or password in the repository's address, and bearer tokens. Texts of less than 8 bytes are
/// left alone: they would be found everywhere.
void take_out_secrets(const http_call& asked, http_answer& answer);

}  // namespace townd::container
