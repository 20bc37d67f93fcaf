#include "api/network/network.h"

#include "api/codec_impl.h"

namespace nanika::api {

template struct Codec<Network>;

}  // namespace nanika::api
