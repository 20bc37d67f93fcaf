#include "apiserver/registry/ownership.h"

namespace nanika::apiserver {

namespace {

const kinds::View* view_named(const kinds::Kind& kind, std::string_view api_version) {
  for (const kinds::View& view : kind.views)
    if (view.api_version() == api_version) return &view;
  return nullptr;
}

}  // namespace

merge::Target target_of(const Endpoint& endpoint, std::string_view subresource) {
  const kinds::Kind& kind = endpoint.kind();
  const kinds::Subresource* sub = endpoint.resource->subresource(subresource);
  merge::Target out{
      .schema = endpoint.view().schema,
      .api_version = endpoint.view().api_version(),
      .kind = kind.kind,
      .subresource = std::string(subresource),
      .reset = sub != nullptr ? &sub->strategy.reset_fields : &kind.strategy.reset_fields,
      .empty = &endpoint.view().empty};
  if (kind.views.size() == 1) return out;
  out.convert = [&kind](json::value& object, std::string_view from,
                        std::string_view to) -> const schema::Schema* {
    const kinds::View* source = view_named(kind, from);
    const kinds::View* target = view_named(kind, to);
    if (source == nullptr || target == nullptr) return nullptr;
    if (source->to_storage) source->to_storage(object);
    if (target->from_storage) target->from_storage(object);
    return target->schema;
  };
  return out;
}

}  // namespace nanika::apiserver
