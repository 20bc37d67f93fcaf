// The protobuf wire format (https://protobuf.dev/programming-guides/encoding), read in place.
//
//   WireReader in(bytes);
//   while (!in.done()) {
//     WireField field = TRY(in.next());
//     if (field.number == 1) name = TRY(field.bytes());
//   }
#pragma once

#include <cstdint>
#include <string_view>

#include "base/result.h"

namespace nanika::apiserver::schema {

/// One field as it stands on the wire. The getters are kInvalid when its wire type does not fit.
struct WireField {
  enum class Type : uint8_t { kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5 };

  uint32_t number = 0;
  Type type = Type::kVarint;
  uint64_t scalar = 0;             ///< of the first two and the last
  std::string_view contents = "";  ///< of kBytes; points into the input

  base::Result<std::string_view> bytes() const;
  base::Result<std::string_view> text() const;  ///< bytes that must be UTF-8
  base::Result<uint64_t> varint() const;
  base::Result<double> float64() const;
};

class WireReader {
 public:
  explicit WireReader(std::string_view bytes) : rest_(bytes) {}
  bool done() const { return rest_.empty(); }
  base::Result<WireField> next();   ///< kInvalid: cut short, or a wire type that proto2 lacks
  base::Result<uint64_t> varint();  ///< a bare one, as in packed lists

 private:
  base::Result<uint64_t> fixed(size_t size);
  std::string_view rest_;
};

}  // namespace nanika::apiserver::schema
