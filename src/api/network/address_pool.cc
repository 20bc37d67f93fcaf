#include "api/network/address_pool.h"

#include "api/codec_impl.h"

namespace nanika::api {

template struct Codec<AddressPool>;

}  // namespace nanika::api
