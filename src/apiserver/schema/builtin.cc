#include "apiserver/schema/builtin.h"

#include "apiserver/schema/builtin_parser.h"

namespace nanika::apiserver::schema {
namespace {

// Not #embed: ccache 4.7 does not see when such a file changes.
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Woverlength-strings"
constexpr std::string_view kFacts =
#include "apiserver/schema/builtin.schema"
    ;
constexpr std::string_view kDescriptions =
#include "apiserver/schema/descriptions.txt"
    ;
#pragma clang diagnostic pop

const BuiltinTable& builtin_table() {
  static const BuiltinTable table = [] {
    auto parsed = parse_builtin_table(kFacts, kDescriptions);
    if (!parsed) base::check_failed(parsed.error().message.c_str(), "builtin.schema", 0);
    return std::move(*parsed);
  }();
  return table;
}

}  // namespace

const SchemaSet& builtin_schemas() {
  return builtin_table().schemas;
}

const Schema* builtin_kind(std::string_view api_version, std::string_view kind) {
  const auto& kinds = builtin_table().kinds;
  auto at = kinds.find(std::pair<std::string, std::string>(api_version, kind));
  return at == kinds.end() ? nullptr : at->second;
}

const Schema& object_meta() {
  return *builtin_schemas().find("io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta");
}

const Schema& list_meta() {
  return *builtin_schemas().find("io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta");
}

}  // namespace nanika::apiserver::schema
