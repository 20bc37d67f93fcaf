#include "apiserver/schema/protobuf.h"

#include "apiserver/schema/builtin.h"
#include "apiserver/schema/protobuf_codecs.h"
#include "apiserver/schema/protobuf_wire.h"
#include "base/base64.h"

namespace nanika::apiserver::schema {
namespace {

using base::Code;
using base::fail;
using base::Result;

constexpr std::string_view kMagic("k8s\0", 4);
constexpr int kMaxDepth = 100;  // of messages in messages; real objects stay under 30

Result<json::value> decode_value(const WireField& wire, const Schema& schema, int depth);

Result<void> merge_wire(const WireField& wire, const Schema& schema, json::object& object,
                        int depth) {
  std::string_view message = TRY(wire.bytes());
  return merge_message(message, schema, object, depth);
}

/// A key and a value; what is left out is zero.
Result<void> decode_map_entry(const WireField& wire, const Schema& values, json::object& map,
                              int depth) {
  std::string_view key = "";  // not null: it may be left out
  WireField content{.number = 2, .type = WireField::Type::kBytes};
  if (values.codec.empty() && (values.type == Type::kInteger || values.type == Type::kBoolean))
    content.type = WireField::Type::kVarint;
  WireReader in(TRY(wire.bytes()));
  while (!in.done()) {
    WireField field = TRY(in.next());
    if (field.number == 1) key = TRY(field.text());
    if (field.number == 2) content = field;
  }
  json::value decoded = TRY(decode_value(content, values, depth));
  map.insert_or_assign(key, std::move(decoded));
  return {};
}

/// ExtraValue and its kin: a message whose field 1 is the list.
Result<json::value> decode_wrapped_list(std::string_view message, const Schema& list, int depth) {
  json::array items;
  WireReader in(message);
  while (!in.done()) {
    WireField field = TRY(in.next());
    if (field.number == 1) items.push_back(TRY(decode_value(field, *list.items, depth)));
  }
  return json::value(std::move(items));
}

/// One value of any type but a map.
Result<json::value> decode_value(const WireField& wire, const Schema& schema, int depth) {
  if (schema.codec == "bytes") return json::value(base::base64_encode(TRY(wire.bytes())));
  if (schema.codec == "List") return decode_wrapped_list(TRY(wire.bytes()), schema, depth + 1);
  if (!schema.codec.empty()) return decode_codec(TRY(wire.bytes()), schema, depth);
  switch (schema.type) {
    case Type::kString:
      return json::value(TRY(wire.text()));
    case Type::kBoolean:
      return json::value(TRY(wire.varint()) != 0);
    case Type::kInteger: {
      auto number = static_cast<int64_t>(TRY(wire.varint()));
      return json::value(schema.format == "int32" ? static_cast<int32_t>(number) : number);
    }
    case Type::kNumber:
      return json::value(TRY(wire.float64()));
    case Type::kObject: {
      json::object object;
      TRY(merge_wire(wire, schema, object, depth + 1));
      return json::value(std::move(object));
    }
    case Type::kAny:
    case Type::kArray:
    case Type::kIntOrString:
      break;
  }
  return fail(Code::kInternal, "a list of lists is not in protobuf");
}

/// Appends one occurrence of a repeated field: an element, or many packed ones.
Result<void> decode_repeated(const WireField& wire, const Schema& items, json::array& list,
                             int depth) {
  bool scalar =
      items.codec.empty() && (items.type == Type::kInteger || items.type == Type::kBoolean);
  if (!scalar || wire.type != WireField::Type::kBytes) {
    list.push_back(TRY(decode_value(wire, items, depth)));
    return {};
  }
  WireReader packed(wire.contents);
  while (!packed.done()) {
    WireField one{.scalar = TRY(packed.varint())};
    list.push_back(TRY(decode_value(one, items, depth)));
  }
  return {};
}

bool is_zero(const json::value& v) {
  switch (v.kind()) {
    case json::kind::string:
      return v.get_string().empty();
    case json::kind::bool_:
      return !v.get_bool();
    case json::kind::int64:
      return v.get_int64() == 0;
    case json::kind::double_:
      return v.get_double() == 0;
    case json::kind::object:
      return v.get_object().empty();
    default:
      return false;
  }
}

/// Repeated fields append, maps and messages merge, of scalars the last one counts.
Result<void> decode_field(const WireField& wire, const Field& field, json::object& object,
                          int depth) {
  const Schema& schema = *field.schema;
  auto slot = [&](auto empty) -> auto& {
    json::value& v = object[field.name];
    if (v.is_null()) v = std::move(empty);
    return v;
  };
  if (schema.type == Type::kArray && schema.codec.empty())
    return decode_repeated(wire, *schema.items, slot(json::array()).get_array(), depth);
  if (schema.additional != nullptr)
    return decode_map_entry(wire, *schema.additional, slot(json::object()).get_object(), depth);
  if (schema.type == Type::kObject && schema.codec.empty()) {
    TRY(merge_wire(wire, schema, slot(json::object()).get_object(), depth + 1));
  } else {
    object[field.name] = TRY(decode_value(wire, schema, depth));
  }
  const json::value& now = object.at(field.name);
  if (now.is_null() || (field.omit_zero && is_zero(now))) object.erase(field.name);
  return {};
}

const Field* by_number(const std::vector<Field>& fields, uint32_t number) {
  auto at = std::ranges::find(fields, number, &Field::proto_number);
  return at == fields.end() ? nullptr : &*at;
}

}  // namespace

Result<void> merge_message(std::string_view message, const Schema& schema, json::object& object,
                           int depth) {
  if (depth > kMaxDepth)
    return fail(Code::kInvalid, "messages are nested more than {} deep", kMaxDepth);
  WireReader in(message);
  while (!in.done()) {
    WireField wire = TRY(in.next());
    if (const Field* field = by_number(schema.fields, wire.number)) {
      TRY(base::in_context(decode_field(wire, *field, object, depth), field->name));
    } else if (const Field* inlined = by_number(schema.inlined, wire.number)) {
      TRY(merge_wire(wire, *inlined->schema, object, depth + 1));
    }
  }
  return {};
}

Result<json::object> decode_message(std::string_view message, const Schema& schema) {
  json::object object;
  TRY(merge_message(message, schema, object, 0));
  return object;
}

Result<Envelope> open_envelope(std::string_view body) {
  if (!body.starts_with(kMagic))
    return fail(Code::kInvalid,
                "provided data does not appear to be a protobuf message, expected prefix "
                "[107 56 115 0]");
  Envelope envelope;
  WireReader in(body.substr(kMagic.size()));
  while (!in.done()) {
    WireField field = TRY(in.next());
    if (field.number == 1) {
      WireReader type(TRY(field.bytes()));
      while (!type.done()) {
        WireField part = TRY(type.next());
        if (part.number == 1) envelope.type.api_version = TRY(part.text());
        if (part.number == 2) envelope.type.kind = TRY(part.text());
      }
    } else if (field.number == 2) {
      envelope.message = TRY(field.bytes());
    } else if (field.number == 3 && !TRY(field.bytes()).empty()) {
      return fail(Code::kUnsupported, "content encoding {:?} of a protobuf body is not supported",
                  field.contents);
    }
  }
  return envelope;
}

Result<json::value> decode_protobuf(std::string_view body, const TypeMeta& expected) {
  Envelope envelope = TRY(open_envelope(body));
  TypeMeta type = envelope.type;
  if (type.api_version.empty()) type.api_version = expected.api_version;
  if (type.kind.empty()) type.kind = expected.kind;
  // Every group has DeleteOptions, and clients name any of them.
  const Schema* schema =
      builtin_kind(type.kind == "DeleteOptions" ? "v1" : type.api_version, type.kind);
  if (schema == nullptr)
    return fail(Code::kInvalid,
                "no protobuf is known for kind \"{}\" in version \"{}\"; send application/json",
                type.kind, type.api_version);
  json::object object{{"kind", type.kind}, {"apiVersion", type.api_version}};
  TRY(base::in_context(merge_message(envelope.message, *schema, object, 0), type.kind));
  return json::value(std::move(object));
}

}  // namespace nanika::apiserver::schema
