#pragma once
// A container that is being replaced. Nothing starts in it; its sessions' ends cost nobody a try;
// what they leave (checkpoint, branch) goes to whoever takes up the work.
//
// A drain ends with the first of: a heartbeat of another container, the word of one that knows the
// nonce, a timeout. Each is reachable from the beginning (the original handed the nonce out only
// after the timeout; incident rows G3, G4).

#include "town/context.hpp"

namespace townd::town {

/// Begins one, or goes on with the one that is there. Returns its nonce.
std::string begin_drain(context& ctx);
/// The new container reports. False, and nothing changes, when the nonce is not that of this
/// drain, or the caller says that it is the container that goes.
bool container_ready(context& ctx, std::string_view nonce,
                     const std::optional<std::string>& instance);
/// A heartbeat named the container it comes from.
void heard_instance(context& ctx, const std::string& instance);
/// It is over.
void finish_drain(context& ctx, std::string_view why);
/// What a process before this one knew.
void read_drain(context& ctx);

/// Keeps what an agent leaves with the bead that it leaves.
void keep_checkpoint(context& ctx, const agent& a, const bead_id& work);

}  // namespace townd::town
