// Entries of metadata.managedFields, in and out: see managed_fields.h.
#include <algorithm>

#include "apiserver/merge/go_text.h"
#include "apiserver/merge/managed_fields.h"

namespace nanika::apiserver::merge {

namespace {

using base::Code;
using base::fail;
using base::Result;

// Times compare by the second.
int64_t seconds(const std::string& time) {
  auto parsed = base::parse_time(time);
  if (!parsed) return 0;
  return std::chrono::floor<std::chrono::seconds>(*parsed).time_since_epoch().count();
}

Result<Manager> decode_entry(const json::value& entry, size_t index) {
  Manager out;
  std::string_view operation = base::find_string(entry, "operation");
  if (operation != "Apply" && operation != "Update") {
    return fail(Code::kInvalid, "operation must be `Apply` or `Update`");
  }
  out.applied = operation == "Apply";
  out.name = base::find_string(entry, "manager");
  out.api_version = base::find_string(entry, "apiVersion");
  out.subresource = base::find_string(entry, "subresource");
  out.time = base::find_string(entry, "time");
  if (out.api_version.empty()) return fail(Code::kInvalid, "apiVersion must not be empty");
  std::string_view type = base::find_string(entry, "fieldsType");
  if (type.empty()) {
    return fail(Code::kInvalid, "missing fieldsType in managed fields entry {}", index);
  }
  if (type != "FieldsV1") {
    return fail(Code::kInvalid, "invalid fieldsType {} in managed fields entry {}", go_quote(type),
                index);
  }
  if (const json::value* fields = base::find(entry, "fieldsV1")) {
    out.fields = TRY(base::in_context(FieldSet::decode(*fields), "error decoding set"));
  }
  return out;
}

}  // namespace

bool Manager::same_as(const Manager& other) const {
  return name == other.name && applied == other.applied && subresource == other.subresource &&
         (applied || api_version == other.api_version);
}

std::string Manager::text() const {
  std::string out = go_quote(name);
  if (!subresource.empty()) out += " with subresource " + go_quote(subresource);
  if (!applied) out += " using " + api_version;
  return out;
}

Manager* find_manager(Managers& managers, const Manager& like) {
  auto at = std::ranges::find_if(managers, [&](const Manager& m) { return m.same_as(like); });
  return at == managers.end() ? nullptr : &*at;
}

Result<Managers> decode_managers(const json::value& object) {
  Managers out;
  const json::value* entries = base::find(object, "metadata", "managedFields");
  if (entries == nullptr || !entries->is_array()) return out;
  for (const json::value& entry : entries->get_array()) {
    Manager manager = TRY(decode_entry(entry, out.size()));
    if (Manager* known = find_manager(out, manager)) {
      *known = std::move(manager);
    } else {
      out.push_back(std::move(manager));
    }
  }
  return out;
}

void encode_managers(Managers managers, json::value& object) {
  json::value& meta = object.as_object()["metadata"];
  if (!meta.is_object()) meta.emplace_object();
  meta.get_object().erase("managedFields");
  if (managers.empty()) return;
  std::vector<std::pair<int64_t, const Manager*>> order;
  for (const Manager& each : managers) order.emplace_back(seconds(each.time), &each);
  std::ranges::sort(order, [](const auto& a, const auto& b) {
    const Manager &x = *a.second, &y = *b.second;
    return std::tuple(!x.applied, a.first, std::tie(x.name, x.api_version, x.subresource)) <
           std::tuple(!y.applied, b.first, std::tie(y.name, y.api_version, y.subresource));
  });
  json::array out;
  out.reserve(order.size());
  for (const auto& [time, manager] : order) {
    json::object entry;
    entry.reserve(7);
    entry.emplace("manager", manager->name);
    entry.emplace("operation", manager->applied ? "Apply" : "Update");
    entry.emplace("apiVersion", manager->api_version);
    if (!manager->time.empty()) entry.emplace("time", manager->time);
    entry.emplace("fieldsType", "FieldsV1");
    entry.emplace("fieldsV1", manager->fields.encode());
    if (!manager->subresource.empty()) entry.emplace("subresource", manager->subresource);
    out.push_back(std::move(entry));
  }
  meta.get_object().emplace("managedFields", std::move(out));
}

}  // namespace nanika::apiserver::merge
