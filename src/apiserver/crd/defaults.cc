#include "apiserver/crd/defaults.h"

#include <algorithm>
#include <string>

namespace nanika::apiserver::crd {
namespace {

json::object& object_at(json::object& parent, std::string_view key) {
  json::value& v = parent[key];
  if (!v.is_object()) v = json::object(v.storage());
  return v.get_object();
}

// Only a spec that is there has defaults: validation says what is missing.
json::object* spec_of(json::value& crd) {
  json::object* object = crd.if_object();
  json::value* spec = object == nullptr ? nullptr : object->if_contains("spec");
  return spec == nullptr ? nullptr : spec->if_object();
}

void add_storage_version(json::value& crd) {
  const json::value* versions = base::find(crd, "spec", "versions");
  if (versions == nullptr || !versions->is_array()) return;
  for (const json::value& version : versions->get_array()) {
    const json::value* storage = base::find(version, "storage");
    if (storage == nullptr || !storage->is_bool() || !storage->get_bool()) continue;
    json::value& stored = object_at(crd.get_object(), "status")["storedVersions"];
    if (!stored.is_array()) stored = json::array(stored.storage());
    const json::string name(base::find_string(version, "name"));
    if (std::ranges::find(stored.get_array(), json::value(name)) == stored.get_array().end())
      stored.get_array().push_back(name);
    return;
  }
}

}  // namespace

void set_defaults(json::value& crd) {
  json::object* spec = spec_of(crd);
  if (spec == nullptr) return;
  json::object& names = object_at(*spec, "names");
  const std::string kind(base::find_string(names, "kind"));
  if (base::find_string(names, "singular").empty() && !kind.empty()) {
    std::string singular = kind;
    for (char& c : singular)
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
    names["singular"] = singular;
  }
  if (base::find_string(names, "listKind").empty() && !kind.empty())
    names["listKind"] = kind + "List";
  json::value& conversion = (*spec)["conversion"];
  if (!conversion.is_object()) conversion = json::object{{"strategy", "None"}};
}

void prepare_create(json::value& crd) {
  if (!crd.is_object()) return;
  crd.get_object()["status"] = json::object{};
  add_storage_version(crd);
}

void prepare_update(json::value& crd, const json::value& old) {
  if (!crd.is_object()) return;
  const json::value* status = base::find(old, "status");
  crd.get_object()["status"] = status == nullptr ? json::value(json::object{}) : *status;
  add_storage_version(crd);
}

void prepare_status_update(json::value& crd, const json::value& old) {
  if (!crd.is_object()) return;
  if (const json::value* spec = base::find(old, "spec")) crd.get_object()["spec"] = *spec;
}

}  // namespace nanika::apiserver::crd
