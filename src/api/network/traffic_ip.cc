#include "api/network/traffic_ip.h"

#include "api/codec_impl.h"

namespace nanika::api {

template struct Codec<TrafficIP>;

}  // namespace nanika::api
