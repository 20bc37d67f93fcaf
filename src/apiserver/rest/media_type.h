// Content negotiation: what the client wants (Accept) and what it sent (Content-Type).
// Upstream: k8s.io/apiserver/pkg/endpoints/handlers/negotiation.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace nanika::apiserver {

/// application/json;as=Table;v=v1;g=meta.k8s.io
struct MediaType {
  std::string type;  ///< "application/json", in lower case
  std::string as, version, group, profile;
  double quality = 1;
};

/// Clauses of an Accept header, best first; broken ones are left out.
std::vector<MediaType> parse_accept(std::string_view header);
/// The type of a Content-Type header, in lower case and without parameters.
std::string content_type_of(std::string_view header);

enum class Format : uint8_t { kJson, kYaml };
enum class Form : uint8_t { kObject, kTable, kPartialMetadata };

/// How to answer a request for objects.
struct Answer {
  Format format = Format::kJson;
  Form form = Form::kObject;
  std::string form_version = "v1";  ///< of Table and PartialObjectMetadata: v1 or v1beta1
};

/// The best that can be served, or nothing: answer 406. `forms`: Table and PartialObjectMetadata
/// may be asked for here. Protobuf is never served; clients that list it list JSON too.
std::optional<Answer> negotiate(std::string_view accept, bool forms);

inline constexpr std::string_view kJsonType = "application/json";
inline constexpr std::string_view kYamlType = "application/yaml";
inline constexpr std::string_view kProtobufType = "application/vnd.kubernetes.protobuf";
/// What errors say is accepted.
inline constexpr std::string_view kServedTypes = "application/json, application/yaml";
inline constexpr std::string_view kReadTypes =
    "application/json, application/yaml, application/vnd.kubernetes.protobuf";

}  // namespace nanika::apiserver
