// BIRD 2's configuration as text: readable by a router engineer, comments naming the objects each
// part comes from.
#pragma once

#include <string>

#include "network/bgp/speaker.h"

namespace nanika::network::bgp {

/// What cannot be said in BIRD's language is kInvalid: a password with `"` or control characters.
struct BirdPaths {
  uint32_t kernel_table = 0;  ///< the private table that routes are learned from
};
base::Result<std::string> render_bird_config(const SpeakerConfig& config, const BirdPaths& paths);

/// BIRD's name of a peer's protocol: letters, digits and _, at most 64, one to one with the
/// BGPPeer's name.
std::string bird_protocol_name(const std::string& peer);

/// Checks one peer as render_bird_config would; so that one bad peer is left out and marked, not
/// the whole file.
base::Result<void> check_peer(const SpeakerPeer& peer);

}  // namespace nanika::network::bgp
