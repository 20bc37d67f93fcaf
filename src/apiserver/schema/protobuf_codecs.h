// Types that are one thing in protobuf and another in JSON (Schema::codec).
#pragma once

#include <string_view>

#include "apiserver/schema/schema.h"
#include "base/result.h"

namespace nanika::apiserver::schema {

/// Decodes a message of a type with a codec; null where JSON would have nothing. `depth` is how
/// deep the message is nested already.
base::Result<json::value> decode_codec(std::string_view message, const Schema& schema, int depth);

/// decode_message() of protobuf.h at a depth; what it reads goes into `object`.
base::Result<void> merge_message(std::string_view message, const Schema& schema,
                                 json::object& object, int depth);

}  // namespace nanika::apiserver::schema
