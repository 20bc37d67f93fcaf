#include "api/network/address_claim.h"

#include "api/codec_impl.h"

namespace nanika::api {

template struct Codec<AddressClaim>;

}  // namespace nanika::api
