#include "api/core/endpoint_slice.h"

#include "api/codec_impl.h"

namespace nanika::api {

template struct Codec<EndpointSlice>;

}  // namespace nanika::api
