#include "api/network/bgp_peer.h"

#include "api/codec_impl.h"

namespace nanika::api {

template struct Codec<BGPPeer>;

}  // namespace nanika::api
