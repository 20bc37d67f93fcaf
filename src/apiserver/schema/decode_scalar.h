// Scalars of built-in kinds that JSON carries as text with rules of its own. For decode.cc.
#pragma once

#include <string>
#include <string_view>

#include "apiserver/schema/schema.h"
#include "base/result.h"

namespace nanika::apiserver::schema {

/// Quantity, Time, MicroTime or Duration (Schema::codec names the codec).
bool is_scalar_codec(const Schema& schema);
/// The text that upstream would print for it. kUnsupported: the JSON type is wrong; kInvalid: the
/// text is, in upstream's words.
base::Result<std::string> canonical_scalar(const json::value& value, const Schema& schema);

/// []byte: `illegal base64 data at input byte 3` as encoding/base64 says.
base::Result<void> check_base64(std::string_view text);

/// A JSON number as Go's decoder would quote it: "1.5", "4294967296".
std::string number_text(const json::value& number);

}  // namespace nanika::apiserver::schema
