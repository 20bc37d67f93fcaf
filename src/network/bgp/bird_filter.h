// The filters of one peer in BIRD's language.
#pragma once

#include <string>
#include <vector>

#include "network/bgp/speaker.h"

namespace nanika::network::bgp {

/// `filter <peer>_in`, when anything may come in.
void render_import_filter(std::string& out, const SpeakerPeer& peer);

/// `filter <peer>_out`: routes of the private table, by their class.
void render_export_filter(std::string& out, const SpeakerPeer& peer,
                          const std::vector<RouteClass>& classes);

}  // namespace nanika::network::bgp
