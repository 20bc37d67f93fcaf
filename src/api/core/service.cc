#include "api/core/service.h"

#include "api/codec_impl.h"

namespace nanika::api {

template struct Codec<Service>;

}  // namespace nanika::api
