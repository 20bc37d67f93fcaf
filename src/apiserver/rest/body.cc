#include "apiserver/rest/body.h"

#include "apiserver/registry/decode.h"
#include "apiserver/rest/media_type.h"
#include "apiserver/schema/decode.h"
#include "apiserver/schema/protobuf.h"
#include "base/yaml.h"

namespace nanika::apiserver {

ApiResult<Body> read_body(const base::http::Request& request, const BodyType& type) {
  Body out;
  if (request.body.empty()) return out;
  std::string sent = content_type_of(request.headers.get("Content-Type"));
  if (sent.empty() || sent == kJsonType) {
    auto parsed = base::parse_json(request.body, &out.duplicates.fields);
    if (!parsed)
      return api_fail(unrecognized(
          type.kind, "couldn't get version/kind; json parse error: " + parsed.error().message,
          request.body));
    out.value = std::move(*parsed);
  } else if (sent == kYamlType || sent == "application/x-yaml") {
    auto parsed = base::parse_yaml(request.body, out.duplicates.lines);
    if (!parsed)
      return api_fail(unrecognized(type.kind, "yaml: " + parsed.error().message, request.body));
    out.value = std::move(*parsed);
  } else if (sent == kProtobufType && type.protobuf) {
    auto parsed = schema::decode_protobuf(request.body, {type.api_version, type.kind});
    if (!parsed)
      return api_fail(bad_request(schema::cannot_be_handled(
          type.kind, type.api_version.substr(type.api_version.find('/') + 1),
          parsed.error().message)));
    out.value = std::move(*parsed);
  } else {
    return api_fail(unsupported_media_type(type.protobuf ? kReadTypes : kServedTypes));
  }
  return out;
}

}  // namespace nanika::apiserver
