#include "kube/fake_store.h"

#include <optional>

namespace nanika::kube {

namespace {

const json::value* meta(const json::value& object, std::string_view key) {
  return base::find(object, "metadata", key);
}

bool deleting(const json::value& object) {
  return !base::find_string(object, "metadata", "deletionTimestamp").empty();
}

bool has_finalizers(const json::value& object) {
  const json::value* list = meta(object, "finalizers");
  return list != nullptr && list->is_array() && !list->get_array().empty();
}

// What changes when the spec does: all but metadata and status.
bool same_spec(const json::value& a, const json::value& b) {
  json::object x = a.get_object(), y = b.get_object();
  for (json::object* o : {&x, &y}) {
    o->erase("metadata");
    o->erase("status");
  }
  return base::json_equal(x, y);
}

bool matches(const FakeSelector::Term& term, const json::value* value) {
  std::string text;
  if (value != nullptr)
    text = value->is_string() ? std::string(value->get_string()) : base::to_json(*value);
  bool listed = std::ranges::find(term.values, text) != term.values.end();
  if (term.op == "exists") return value != nullptr;
  if (term.op == "!exists") return value == nullptr;
  return (term.op == "=" || term.op == "in") == listed;
}

std::optional<FakeSelector::Term> parse_term(std::string_view text) {
  auto trim = [](std::string_view s) {
    while (s.starts_with(' ')) s.remove_prefix(1);
    while (s.ends_with(' ')) s.remove_suffix(1);
    return std::string(s);
  };
  for (std::string_view op : {" notin ", " in "}) {
    size_t at = text.find(op);
    if (at == text.npos) continue;
    FakeSelector::Term term{trim(text.substr(0, at)), trim(op), {}};
    std::string_view list = text.substr(text.find('(') + 1);
    list = list.substr(0, list.find(')'));
    while (true) {
      size_t comma = list.find(',');
      term.values.push_back(trim(list.substr(0, comma)));
      if (comma == list.npos) return term;
      list.remove_prefix(comma + 1);
    }
  }
  for (std::string_view op : {"!=", "==", "="}) {
    size_t at = text.find(op);
    if (at == text.npos) continue;
    return FakeSelector::Term{
        trim(text.substr(0, at)), op == "!=" ? "!=" : "=", {trim(text.substr(at + op.size()))}};
  }
  if (text.empty()) return std::nullopt;
  if (text.starts_with('!')) return FakeSelector::Term{trim(text.substr(1)), "!exists", {}};
  return FakeSelector::Term{trim(text), "exists", {}};
}

std::vector<FakeSelector::Term> parse_terms(std::string_view text) {
  std::vector<FakeSelector::Term> terms;
  size_t start = 0;
  int depth = 0;
  for (size_t i = 0; i <= text.size(); ++i) {
    if (i < text.size() && text[i] == '(') ++depth;
    if (i < text.size() && text[i] == ')') --depth;
    if (i < text.size() && (text[i] != ',' || depth > 0)) continue;
    if (auto term = parse_term(text.substr(start, i - start))) terms.push_back(std::move(*term));
    start = i + 1;
  }
  return terms;
}

}  // namespace

bool FakeSelector::matches(const json::value& object) const {
  for (const Term& term : labels) {
    const json::value* all = meta(object, "labels");
    if (!kube::matches(term, all == nullptr ? nullptr : base::find(*all, term.key))) return false;
  }
  for (const Term& term : fields) {
    const json::value* at = &object;
    std::string_view rest = term.key;
    while (at != nullptr && !rest.empty()) {
      at = base::find(*at, rest.substr(0, rest.find('.')));
      rest = rest.contains('.') ? rest.substr(rest.find('.') + 1) : std::string_view();
    }
    if (!kube::matches(term, at)) return false;
  }
  return true;
}

Result<FakeSelector> FakeSelector::parse(std::string_view labels, std::string_view fields) {
  return FakeSelector{parse_terms(labels), parse_terms(fields)};
}

json::object fake_status(const FakeError& error) {
  json::object status{{"kind", "Status"},           {"apiVersion", "v1"},
                      {"metadata", json::object()}, {"status", "Failure"},
                      {"message", error.message},   {"reason", error.reason},
                      {"code", error.code}};
  if (!error.causes.empty()) status["details"] = {{"causes", error.causes}};
  return status;
}

std::optional<FakeError> check_preconditions(const FakePath& path, const json::value& wanted,
                                             const json::value& present) {
  auto conflict = [&](std::string why) {
    return FakeError{409, "Conflict",
                     fmt::format("Operation cannot be fulfilled on {} {:?}: {}", path.resource(),
                                 path.key.name, why)};
  };
  std::string_view uid = base::find_string(wanted, "metadata", "uid");
  std::string_view is = base::find_string(present, "metadata", "uid");
  if (!uid.empty() && uid != is)
    return conflict(fmt::format(
        "Precondition failed: UID in precondition: {}, UID in object meta: {}", uid, is));
  std::string_view version = base::find_string(wanted, "metadata", "resourceVersion");
  if (!version.empty() && version != base::find_string(present, "metadata", "resourceVersion"))
    return conflict(
        "the object has been modified; please apply your changes to the latest version and try "
        "again");
  return std::nullopt;
}

FakeRecord* FakeStore::find(const FakePath& path) {
  Records& records = resources[path.resource()];
  auto at = records.find(path.key);
  return at == records.end() ? nullptr : &at->second;
}

FakeError FakeStore::not_found(const FakePath& path) const {
  return {404, "NotFound", fmt::format("{} {:?} not found", path.resource(), path.key.name)};
}

void FakeStore::publish(const std::string& resource, std::string type, json::value object,
                        json::value before) {
  history.push_back({resource, version, std::move(type), std::move(object), std::move(before)});
  changed.notify_all();
}

FakeResult<json::value> FakeStore::create(const FakePath& collection, json::value object,
                                          FakeOwners owners) {
  FakePath path = collection;
  json::object& metadata = object.get_object()["metadata"].get_object();
  if (!metadata.contains("name")) {
    std::string prefix(base::find_string(object, "metadata", "generateName"));
    metadata["name"] = fmt::format("{}{:05x}", prefix, next_uid_);
  }
  path.key.name = std::string_view(metadata["name"].get_string());
  if (!path.key.namespace_.empty()) metadata["namespace"] = path.key.namespace_;
  if (find(path) != nullptr)
    return std::unexpected(
        FakeError{409, "AlreadyExists",
                  fmt::format("{} {:?} already exists", path.resource(), path.key.name)});
  metadata["uid"] = fmt::format("00000000-0000-4000-8000-{:012x}", next_uid_++);
  metadata["creationTimestamp"] = base::format_time(clock_.wall());
  metadata["resourceVersion"] = std::to_string(++version);
  metadata.erase("deletionTimestamp");
  if (!path.group.empty()) metadata["generation"] = 1;
  resources[path.resource()][path.key] = {object, std::move(owners)};
  publish(path.resource(), "ADDED", object, nullptr);
  return object;
}

FakeResult<json::value> FakeStore::replace(const FakePath& path, FakeRecord& record,
                                           json::value next, bool with_status) {
  const json::value before = record.object;
  json::object& object = next.get_object();
  json::object& metadata = object["metadata"].get_object();
  for (const char* kept : {"name", "namespace", "uid", "creationTimestamp", "generation",
                           "resourceVersion", "deletionTimestamp", "deletionGracePeriodSeconds"}) {
    const json::value* value = meta(before, kept);
    if (value != nullptr) metadata[kept] = *value;
    if (value == nullptr) metadata.erase(kept);
  }
  if (!with_status) {
    const json::value* status = base::find(before, "status");
    if (status != nullptr) object["status"] = *status;
    if (status == nullptr) object.erase("status");
  }
  if (base::json_equal(next, before)) return before;
  if (!path.group.empty() && !same_spec(before, next))
    metadata["generation"] = meta(before, "generation")->to_number<int64_t>() + 1;
  metadata["resourceVersion"] = std::to_string(++version);
  if (deleting(next) && !has_finalizers(next)) {
    resources[path.resource()].erase(path.key);
    publish(path.resource(), "DELETED", next, before);
    return next;
  }
  record.object = next;
  publish(path.resource(), "MODIFIED", next, before);
  return next;
}

FakeResult<json::value> FakeStore::erase(const FakePath& path, const json::value& options) {
  FakeRecord* record = find(path);
  if (record == nullptr) return std::unexpected(not_found(path));
  if (const json::value* wanted = base::find(options, "preconditions")) {
    if (auto error = check_preconditions(path, json::object{{"metadata", *wanted}}, record->object))
      return std::unexpected(*error);
  }
  const json::value before = record->object;
  json::value object = before;
  json::object& metadata = object.get_object()["metadata"].get_object();
  if (has_finalizers(object)) {
    if (deleting(object)) return object;
    metadata["deletionTimestamp"] = base::format_time(clock_.wall());
    metadata["deletionGracePeriodSeconds"] = 0;
    if (json::value* generation = metadata.if_contains("generation"))
      *generation = generation->to_number<int64_t>() + 1;
    metadata["resourceVersion"] = std::to_string(++version);
    record->object = object;
    publish(path.resource(), "MODIFIED", object, before);
    return object;
  }
  metadata["resourceVersion"] = std::to_string(++version);
  resources[path.resource()].erase(path.key);
  publish(path.resource(), "DELETED", object, before);
  return object;
}

FakeResult<json::value> FakeStore::apply(const FakePath& path, const json::value& body,
                                         const std::string& manager, bool force, bool& created) {
  FakeRecord* record = find(path);
  FakeFields wanted = flatten(body, list_keys);
  std::pair owner{manager, path.subresource};
  created = record == nullptr;
  if (record == nullptr) {
    if (!path.subresource.empty()) return std::unexpected(not_found(path));
    std::string_view uid = base::find_string(body, "metadata", "uid");
    if (!uid.empty()) return std::unexpected(*check_preconditions(path, body, json::object()));
    json::value object = body;
    if (path.resource() != "nodes") object.get_object().erase("status");
    return create(path, std::move(object), {{owner, std::move(wanted)}});
  }
  if (auto error = check_preconditions(path, body, record->object)) return std::unexpected(*error);

  FakeOwners owners = record->owners;
  json::array causes;
  for (auto& [other, fields] : owners) {
    if (other == owner) continue;
    for (auto& [at, value] : wanted) {
      auto theirs = fields.find(at);
      if (theirs == fields.end() || base::json_equal(theirs->second, value)) continue;
      if (force) {
        fields.erase(theirs);
      } else {
        causes.push_back({{"reason", "FieldManagerConflict"},
                          {"message", fmt::format("conflict with {:?}", other.first)},
                          {"field", print_path(at)}});
      }
    }
  }
  if (!causes.empty()) {
    std::string first = fmt::format("{}: {}", base::find_string(causes[0], "message"),
                                    base::find_string(causes[0], "field"));
    return std::unexpected(
        FakeError{409, "Conflict",
                  fmt::format("Apply failed with {} conflict{}: {}", causes.size(),
                              causes.size() == 1 ? "" : "s", first),
                  causes});
  }
  json::value next = record->object;
  for (const auto& [at, value] : owners[owner]) {
    bool kept = wanted.contains(at);
    for (const auto& [other, fields] : owners) kept |= other != owner && fields.contains(at);
    if (!kept) erase_field(next, at, list_keys);
  }
  for (const auto& [at, value] : wanted) set_field(next, at, value, list_keys);
  owners[owner] = std::move(wanted);
  record->owners = std::move(owners);
  return replace(path, *record, std::move(next), path.subresource == "status");
}

}  // namespace nanika::kube
