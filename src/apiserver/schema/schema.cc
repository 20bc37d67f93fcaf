#include "apiserver/schema/schema.h"

#include <deque>
#include <unordered_map>

namespace nanika::apiserver::schema {

const Field* Schema::field(std::string_view json_name) const {
  auto at = std::ranges::lower_bound(fields, json_name, {}, &Field::name);
  return at != fields.end() && at->name == json_name ? &*at : nullptr;
}

struct SchemaSet::Impl {
  std::deque<Schema> nodes;  // a deque: nodes keep their addresses while it grows
  std::unordered_map<std::string_view, const Schema*> by_name;  // keys live in the nodes
};

SchemaSet::SchemaSet() : impl_(std::make_unique<Impl>()) {}
SchemaSet::SchemaSet(SchemaSet&&) noexcept = default;
SchemaSet& SchemaSet::operator=(SchemaSet&&) noexcept = default;
SchemaSet::~SchemaSet() = default;

Schema* SchemaSet::add(Schema schema) {
  Schema* node = &impl_->nodes.emplace_back(std::move(schema));
  if (!node->name.empty()) impl_->by_name.insert_or_assign(node->name, node);
  return node;
}

const Schema* SchemaSet::find(std::string_view name) const {
  auto at = impl_->by_name.find(name);
  return at == impl_->by_name.end() ? nullptr : at->second;
}

}  // namespace nanika::apiserver::schema
