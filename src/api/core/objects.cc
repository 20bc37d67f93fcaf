#include "api/core/objects.h"

#include "api/codec_impl.h"

namespace nanika::api {

template struct Codec<Namespace>;
template struct Codec<ConfigMap>;
template struct Codec<Secret>;
template struct Codec<Lease>;
template struct Codec<Event>;

}  // namespace nanika::api
