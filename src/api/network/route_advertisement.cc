#include "api/network/route_advertisement.h"

#include "api/codec_impl.h"

namespace nanika::api {

template struct Codec<RouteAdvertisement>;

}  // namespace nanika::api
