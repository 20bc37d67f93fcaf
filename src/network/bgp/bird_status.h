// What `show protocols all` and `show bfd sessions` say, as session states.
#pragma once

#include <vector>

#include "network/bgp/bird_control.h"
#include "network/bgp/speaker.h"

namespace nanika::network::bgp {

/// `peers` are the names of BGPPeers; protocols of other names are left out.
std::vector<SessionState> parse_sessions(const BirdReply& protocols, const BirdReply* bfd,
                                         const std::vector<SpeakerPeer>& peers);

}  // namespace nanika::network::bgp
