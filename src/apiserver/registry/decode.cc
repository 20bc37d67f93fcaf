#include "apiserver/registry/decode.h"

#include "apiserver/crd/views.h"
#include "apiserver/kinds/field_error.h"
#include "apiserver/schema/builtin.h"
#include "apiserver/schema/decode.h"
#include "apiserver/schema/structural_prune.h"

namespace nanika::apiserver {

namespace {

std::string summary(std::string_view body) {
  constexpr size_t kMax = 30;
  if (body.empty()) return "<empty>";
  std::string out;
  for (unsigned char c : body.substr(0, kMax)) {
    if (body.front() == '{')
      out += static_cast<char>(c);
    else
      out += fmt::format("{:02x}", c);
  }
  return body.size() > kMax ? out + " ..." : out;
}

// Names of group and version of a body that says another one than the path.
ApiResult<void> check_type(const Endpoint& endpoint, json::object& body) {
  json::value whole(body);
  std::string_view version = base::find_string(whole, "apiVersion");
  std::string_view kind = base::find_string(whole, "kind");
  const std::string wanted = endpoint.view().api_version();
  const std::string& name = endpoint.kind().kind;
  if (endpoint.resource->crd != nullptr) {
    if (kind.empty())
      return api_fail(
          unrecognized(name, fmt::format("Object 'Kind' is missing in '{}'", base::to_json(body)),
                       base::to_json(body)));
    if (version.empty())
      return api_fail(unrecognized(
          name, fmt::format("Object 'apiVersion' is missing in '{}'", base::to_json(body)),
          base::to_json(body)));
  }
  auto serves = [&](const kinds::View& view) { return view.api_version() == version; };
  bool known =
      endpoint.resource->crd != nullptr || std::ranges::any_of(endpoint.kind().views, serves);
  if (!version.empty() && !known)
    return api_fail(bad_request(schema::cannot_be_handled(
        name, version.substr(version.find('/') + 1),
        fmt::format("no kind \"{}\" is registered for version \"{}\" in scheme "
                    "\"pkg/runtime/scheme.go:111\"",
                    kind.empty() ? name : kind, version))));
  if (!version.empty() && version != wanted)
    return api_fail(bad_request(
        fmt::format("the API version in the data ({}) does not match the expected API version ({})",
                    version, wanted)));
  if (!kind.empty() && kind != name) {
    if (endpoint.resource->crd != nullptr)
      return api_fail(invalid(endpoint.kind_name(), base::find_string(whole, "metadata", "name"),
                              {invalid_value("kind", kind, "must be " + name)}));
    return api_fail(bad_request(fmt::format(
        "{} in version \"{}\" cannot be handled as a {}: no kind \"{}\" is served under {}", kind,
        endpoint.view().version, name, kind, endpoint.kind().plural)));
  }
  body["apiVersion"] = wanted;
  body["kind"] = name;
  return {};
}

}  // namespace

ApiError unrecognized(std::string_view kind, std::string_view why, std::string_view body) {
  return bad_request(
      fmt::format("the object provided is unrecognized (must be of type {}): {} ({})", kind, why,
                  summary(body)));
}

std::string yaml_duplicates(const std::vector<std::string>& lines) {
  return fmt::format("yaml: unmarshal errors:\n  {}", fmt::join(lines, "\n  "));
}

ApiResult<DecodedObject> decode_object(const Endpoint& endpoint, json::value body,
                                       const Duplicates& duplicates, FieldValidation validation) {
  if (!body.is_object())
    return api_fail(unrecognized(endpoint.kind().kind,
                                 "couldn't get version/kind; json parse error: want an object",
                                 base::to_json(body)));
  TRY(check_type(endpoint, body.get_object()));
  std::vector<std::string> unknown;
  auto handled = [&](std::string_view why) {
    return bad_request(
        schema::cannot_be_handled(endpoint.kind().kind, endpoint.view().version, why));
  };
  if (const auto& crd = endpoint.resource->crd; crd != nullptr) {
    auto dropped = schema::decode_custom(body, *endpoint.view().schema, schema::object_meta(),
                                         crd->preserve_unknown);
    if (!dropped) return api_fail(handled(dropped.error().message));
    unknown = std::move(*dropped);
  } else {
    auto decoded = schema::decode(std::move(body), *endpoint.view().schema);
    if (!decoded) return api_fail(handled(decoded.error().message));
    body = std::move(decoded->value);
    unknown = std::move(decoded->unknown_fields);
  }
  if (!body.get_object().contains("metadata")) body.get_object()["metadata"].emplace_object();
  DecodedObject out;
  std::vector<std::string> faults = schema::strict_messages(unknown, duplicates.fields);
  const std::vector<std::string>& lines = duplicates.lines;
  if (validation == FieldValidation::kStrict && !lines.empty())
    faults.insert(faults.begin(), yaml_duplicates(lines));
  if (validation == FieldValidation::kStrict && !faults.empty())
    return api_fail(handled(fmt::format("strict decoding error: {}", fmt::join(faults, ", "))));
  if (validation == FieldValidation::kWarn) {
    out.warnings = lines;
    out.warnings.insert(out.warnings.end(), faults.begin(), faults.end());
  }
  out.object = std::move(body);
  return out;
}

void set_defaults(const Endpoint& endpoint, json::value& object) {
  if (endpoint.view().set_defaults) endpoint.view().set_defaults(object);
}

bool shows_stored(const Endpoint& endpoint) {
  return !endpoint.view().from_storage;
}

json::value view_of(const Endpoint& endpoint, std::string_view bytes) {
  auto parsed = base::parse_json(bytes);
  CHECK(parsed.has_value());  // the store gives back what we wrote
  if (endpoint.view().from_storage) endpoint.view().from_storage(*parsed);
  return std::move(*parsed);
}

}  // namespace nanika::apiserver
