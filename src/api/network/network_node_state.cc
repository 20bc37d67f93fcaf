#include "api/network/network_node_state.h"

#include "api/codec_impl.h"

namespace nanika::api {

template struct Codec<NetworkNodeState>;

}  // namespace nanika::api
