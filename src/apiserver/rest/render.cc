#include "apiserver/rest/render.h"

#include "apiserver/kinds/access.h"
#include "apiserver/registry/decode.h"
#include "base/yaml.h"

namespace nanika::apiserver {

namespace {

void append_members(std::string& out, const ListHead& head) {
  out += fmt::format(R"("metadata":{{"resourceVersion":"{}")", head.revision);
  if (!head.continue_token.empty()) {
    out += R"(,"continue":)";
    base::append_json_string(out, head.continue_token);
    if (head.remaining > 0) out += fmt::format(R"(,"remainingItemCount":{})", head.remaining);
  }
  out += '}';
}

void append_type(std::string& out, std::string_view kind, std::string_view api_version) {
  out += R"({"kind":)";
  base::append_json_string(out, kind);
  out += R"(,"apiVersion":)";
  base::append_json_string(out, api_version);
  out += ',';
}

std::string meta_version(const Rendering& rendering) {
  return "meta.k8s.io/" + rendering.answer.form_version;
}

json::array column_definitions(const Endpoint& endpoint) {
  if (const crd::CrdView* custom = endpoint.custom(); custom != nullptr)
    return custom->columns.definitions();
  json::array out;
  for (const kinds::Column& column : endpoint.kind().columns)
    out.push_back(json::object{{"name", column.name},
                               {"type", column.type},
                               {"format", column.format},
                               {"description", column.description},
                               {"priority", column.priority}});
  return out;
}

json::array cells(const Endpoint& endpoint, const json::value& object, base::WallTime now) {
  if (const crd::CrdView* custom = endpoint.custom(); custom != nullptr)
    return custom->columns.cells(object, now);
  return endpoint.kind().row(object, now);
}

void append_partial(std::string& out, const json::value& object, const Rendering& rendering) {
  append_type(out, "PartialObjectMetadata", meta_version(rendering));
  out += R"("metadata":)";
  const json::value* meta = base::find(object, "metadata");
  base::append_json(out, meta != nullptr ? *meta : json::value(json::object()));
  out += '}';
}

void append_row(std::string& out, const Endpoint& endpoint, std::string_view stored,
                const Rendering& rendering) {
  auto parsed = base::parse_json(stored);
  CHECK(parsed.has_value());  // the store gives back what we wrote
  const bool custom = endpoint.resource->crd != nullptr;
  json::array row;
  // Built-in rows read the stored shape, columns of custom resources that of their version.
  if (!custom) row = cells(endpoint, *parsed, rendering.now);
  if (endpoint.view().from_storage) endpoint.view().from_storage(*parsed);
  if (custom) row = cells(endpoint, *parsed, rendering.now);
  out += R"({"cells":)";
  base::append_json(out, row);
  if (rendering.include != IncludeObject::kNone) {
    out += R"(,"object":)";
    if (rendering.include == IncludeObject::kObject)
      base::append_json(out, *parsed);
    else
      append_partial(out, *parsed, rendering);
  }
  out += '}';
}

void open_table(std::string& out, const Endpoint& endpoint, const ListHead& head,
                const Rendering& rendering) {
  append_type(out, "Table", meta_version(rendering));
  append_members(out, head);
  out += R"(,"columnDefinitions":)";
  base::append_json(out, column_definitions(endpoint));
  out += R"(,"rows":[)";
}

}  // namespace

uint64_t Rendering::id() const {
  return static_cast<uint64_t>(answer.form) << 4 | static_cast<uint64_t>(include) << 2 |
         (answer.form_version == "v1" ? 0 : 1);
}

void append_object(std::string& out, const Endpoint& endpoint, std::string_view stored,
                   const Rendering& rendering) {
  switch (rendering.answer.form) {
    case Form::kObject:
      if (shows_stored(endpoint))
        out += stored;
      else
        base::append_json(out, view_of(endpoint, stored));
      break;
    case Form::kPartialMetadata:
      append_partial(out, view_of(endpoint, stored), rendering);
      break;
    case Form::kTable: {
      auto parsed = base::parse_json(stored);
      CHECK(parsed.has_value());
      ListHead head;
      std::string_view version = base::find_string(*parsed, "metadata", "resourceVersion");
      for (char c : version) head.revision = head.revision * 10 + static_cast<uint64_t>(c - '0');
      open_table(out, endpoint, head, rendering);
      append_row(out, endpoint, stored, rendering);
      out += "]}";
      break;
    }
  }
}

std::string render_list(const Endpoint& endpoint, std::span<const store::ObjectPtr> objects,
                        const ListHead& head, const Rendering& rendering) {
  std::string out;
  size_t bytes = 512;
  for (const store::ObjectPtr& object : objects) bytes += object->bytes().size() + 1;
  out.reserve(bytes);
  Form form = rendering.answer.form;
  if (form == Form::kTable) {
    open_table(out, endpoint, head, rendering);
  } else {
    bool partial = form == Form::kPartialMetadata;
    append_type(out, partial ? "PartialObjectMetadataList" : endpoint.kind().list_kind,
                partial ? meta_version(rendering) : endpoint.view().api_version());
    append_members(out, head);
    out += R"(,"items":[)";
  }
  bool first = true;
  for (const store::ObjectPtr& object : objects) {
    if (!first) out += ',';
    first = false;
    if (form == Form::kTable)
      append_row(out, endpoint, object->bytes(), rendering);
    else
      append_object(out, endpoint, object->bytes(), rendering);
  }
  out += "]}";
  return out;
}

std::string render_event(const Endpoint& endpoint, std::string_view type, std::string_view stored,
                         const Rendering& rendering) {
  std::string out;
  out.reserve(stored.size() + 64);
  out += R"({"type":")";
  out += type;
  out += R"(","object":)";
  append_object(out, endpoint, stored, rendering);
  out += "}\n";
  return out;
}

std::string as_yaml(std::string_view json_text) {
  auto parsed = base::parse_json(json_text);
  return parsed ? base::to_yaml(*parsed) : std::string(json_text);
}

std::string pretty(std::string_view json_text) {
  auto parsed = base::parse_json(json_text);
  return parsed ? base::to_json_pretty(*parsed) + "\n" : std::string(json_text);
}

}  // namespace nanika::apiserver
