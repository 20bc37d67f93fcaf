#include "api/core/pod.h"

#include "api/codec_impl.h"

namespace nanika::api {

template struct Codec<Pod>;

}  // namespace nanika::api
