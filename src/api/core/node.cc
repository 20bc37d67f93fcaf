#include "api/core/node.h"

#include "api/codec_impl.h"

namespace nanika::api {

template struct Codec<Node>;

}  // namespace nanika::api
