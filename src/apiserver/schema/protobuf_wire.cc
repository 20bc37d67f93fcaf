#include "apiserver/schema/protobuf_wire.h"

#include <bit>

#include "base/json.h"

namespace nanika::apiserver::schema {

using base::Code;
using base::fail;
using base::Result;

Result<uint64_t> WireReader::varint() {
  uint64_t value = 0;
  for (size_t i = 0; i < 10; ++i) {
    if (i == rest_.size()) return fail(Code::kInvalid, "proto: unexpected end of input");
    auto byte = static_cast<uint8_t>(rest_[i]);
    if (i == 9 && byte > 1) break;
    value |= static_cast<uint64_t>(byte & 0x7f) << (7 * i);
    if (byte < 0x80) {
      rest_.remove_prefix(i + 1);
      return value;
    }
  }
  return fail(Code::kInvalid, "proto: integer overflow");
}

Result<uint64_t> WireReader::fixed(size_t size) {
  if (rest_.size() < size) return fail(Code::kInvalid, "proto: unexpected end of input");
  uint64_t value = 0;
  for (size_t i = 0; i < size; ++i)
    value |= static_cast<uint64_t>(static_cast<uint8_t>(rest_[i])) << (8 * i);
  rest_.remove_prefix(size);
  return value;
}

Result<WireField> WireReader::next() {
  uint64_t tag = TRY(varint());
  WireField field;
  if (tag >> 3 == 0 || tag >> 3 > 0x1fffffff)
    return fail(Code::kInvalid, "proto: illegal tag {} (wire type {})", tag >> 3, tag & 7);
  field.number = static_cast<uint32_t>(tag >> 3);
  field.type = static_cast<WireField::Type>(tag & 7);
  switch (field.type) {
    case WireField::Type::kVarint:
      field.scalar = TRY(varint());
      return field;
    case WireField::Type::kFixed64:
      field.scalar = TRY(fixed(8));
      return field;
    case WireField::Type::kFixed32:
      field.scalar = TRY(fixed(4));
      return field;
    case WireField::Type::kBytes: {
      uint64_t length = TRY(varint());
      if (length > rest_.size()) return fail(Code::kInvalid, "proto: unexpected end of input");
      field.contents = rest_.substr(0, length);
      rest_.remove_prefix(length);
      return field;
    }
  }
  return fail(Code::kInvalid, "proto: illegal wireType {}", tag & 7);
}

Result<std::string_view> WireField::bytes() const {
  if (type == Type::kBytes) return contents;
  return fail(Code::kInvalid, "proto: wrong wireType = {}", static_cast<int>(type));
}

Result<std::string_view> WireField::text() const {
  std::string_view found = TRY(bytes());
  if (base::is_utf8(found)) return found;
  return fail(Code::kInvalid, "proto: string field contains invalid UTF-8");
}

Result<uint64_t> WireField::varint() const {
  if (type == Type::kVarint) return scalar;
  return fail(Code::kInvalid, "proto: wrong wireType = {}", static_cast<int>(type));
}

Result<double> WireField::float64() const {
  if (type == Type::kFixed64) return std::bit_cast<double>(scalar);
  return fail(Code::kInvalid, "proto: wrong wireType = {}", static_cast<int>(type));
}

}  // namespace nanika::apiserver::schema
